/* Wall clock for timing, never for results. */
#ifndef LS_BASE_CLOCK_H
#define LS_BASE_CLOCK_H

/* Seconds since an arbitrary fixed point, monotonic. */
double ls_clock(void);

#endif
