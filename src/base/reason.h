/* Why a call of the system failed, for people. */
#ifndef LS_BASE_REASON_H
#define LS_BASE_REASON_H

/* strerror's text; for limits that a shell or a batch system sets, which limit it is. Good until the thread's next
 * call. */
const char *ls_reason(int error);

#endif
