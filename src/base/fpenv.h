/* The contract computes with round-to-nearest and denormals kept; a host program may have set otherwise. Every library
 * thread saves its floating-point mode, sets the contract's, and restores the saved one. */
#ifndef LS_BASE_FPENV_H
#define LS_BASE_FPENV_H

#include <stdint.h>

#if defined(__x86_64__) || defined(__i386__)
#include <immintrin.h>
typedef uint32_t ls_fpenv;
static inline ls_fpenv ls_fpenv_enter(void)
{
    ls_fpenv saved = _mm_getcsr();
    _mm_setcsr(0x1F80); /* all exceptions masked, round to nearest, FTZ and DAZ off */
    return saved;
}
static inline void ls_fpenv_leave(ls_fpenv saved)
{
    _mm_setcsr(saved);
}
#elif defined(__aarch64__)
typedef uint64_t ls_fpenv;
static inline ls_fpenv ls_fpenv_enter(void)
{
    uint64_t saved, contract = 0; /* FPCR 0: round to nearest, no flushing of either kind (FZ, FIZ), NaNs pass through,
                                   * all exceptions masked */
    __asm__ volatile("mrs %0, fpcr" : "=r"(saved) : : "memory"); /* no load or store is moved across */
    __asm__ volatile("msr fpcr, %0" : : "r"(contract) : "memory");
    return saved;
}
static inline void ls_fpenv_leave(ls_fpenv saved)
{
    __asm__ volatile("msr fpcr, %0" : : "r"(saved) : "memory");
}
#else
#include <fenv.h>
typedef fenv_t ls_fpenv;
static inline ls_fpenv ls_fpenv_enter(void)
{
    fenv_t saved;
    fegetenv(&saved);
    fesetenv(FE_DFL_ENV);
    return saved;
}
static inline void ls_fpenv_leave(ls_fpenv saved)
{
    fesetenv(&saved);
}
#endif

#endif
