/* What this machine can do at most: fused multiply-adds on registers only, for each instruction set that the CPU has,
 * dot products of bfloat16 pairs where it has them, and the bandwidth of memory by STREAM's triad. On one core and on
 * all that this process may use, threads pinned.
 *
 *   peak [--seconds S] [--tries N] [--megabytes M] [--no-triad] [--quick]
 *
 * Prints CSV: what,threads,median,best,unit. What the CPU lacks has no figures and the unit "no instruction". A try
 * takes S seconds; M is the size of each of the triad's three arrays, to be well above the caches. As in STREAM the
 * triad counts 24 bytes an element, not the read of the line that is written. */
#include <omp.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define TRIES_MAX 101

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* ---- fused multiply-adds ---- */

/* Latency 4 or 5 cycles times two to four units: 16 chains keep all of them busy, and fit 16 registers less those of
 * the factors with 12. The accumulators are named variables; gcc would keep an array of them in memory. */
#define EACH_12(X) X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11)
#define EACH_16(X) EACH_12(X) X(12) X(13) X(14) X(15)

typedef struct kernel {
    const char *name;
    bool (*supported)(void);
    float (*run)(int64_t rounds, float scale, float shift); /* returns something made of the results */
    int64_t flops;                                          /* of a round */
} kernel;

#define DECLARE(i)                                                                                                     \
    vector a##i = start;                                                                                               \
    start = ADD(start, addend);
#define UPDATE(i)  a##i = FMA(a##i, factor, addend);
#define COLLECT(i) start = ADD(start, a##i);
/* Every chain begins elsewhere, or the compiler would see that they are one. x = x + scale shift grows until it stays
 * as it is: no denormals, no overflow. */
#define RUN(name, target, type, EACH, SET)                                                                             \
    target static float name(int64_t rounds, float scale, float shift)                                                 \
    {                                                                                                                  \
        typedef type vector;                                                                                           \
        const vector factor = SET(scale), addend = SET(shift);                                                         \
        vector start = SET(1);                                                                                         \
        EACH(DECLARE)                                                                                                  \
        for (int64_t i = 0; i < rounds; i++) {                                                                         \
            EACH(UPDATE)                                                                                               \
        }                                                                                                              \
        EACH(COLLECT)                                                                                                  \
        float sum[sizeof(vector) / sizeof(float)];                                                                     \
        memcpy(sum, &start, sizeof start);                                                                             \
        return sum[0];                                                                                                 \
    }

#if defined(__x86_64__)
#include <immintrin.h>
#define FMA(acc, factor, addend) _mm256_fmadd_ps(factor, addend, acc)
#define ADD                      _mm256_add_ps
RUN(run_avx2, __attribute__((target("avx2,fma"))), __m256, EACH_12, _mm256_set1_ps)
#undef FMA
#undef ADD
#define FMA(acc, factor, addend) _mm512_fmadd_ps(factor, addend, acc)
#define ADD                      _mm512_add_ps
RUN(run_avx512, __attribute__((target("avx512f"))), __m512, EACH_16, _mm512_set1_ps)
#undef FMA
/* A float's upper half is a bfloat16: each pair is 0 and the number, so the sums go as they do above. */
#define FMA(acc, factor, addend) _mm512_dpbf16_ps(acc, (__m512bh)(factor), (__m512bh)(addend))
RUN(run_avx512_bf16, __attribute__((target("avx512f,avx512bf16"))), __m512, EACH_16, _mm512_set1_ps)
#undef FMA
#undef ADD

static bool has_avx2(void)
{
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
}

static bool has_avx512(void)
{
    return __builtin_cpu_supports("avx512f");
}

static bool has_avx512_bf16(void)
{
    return has_avx512() && __builtin_cpu_supports("avx512bf16");
}

static const kernel kernels[] = {{"fma_avx2", has_avx2, run_avx2, (int64_t)12 * 8 * 2},
                                 {"fma_avx512", has_avx512, run_avx512, (int64_t)16 * 16 * 2},
                                 {"bf16_avx512_bf16", has_avx512_bf16, run_avx512_bf16, (int64_t)16 * 32 * 2}};
#elif defined(__aarch64__)
#include <arm_neon.h>
#define FMA(acc, factor, addend) vfmaq_f32(acc, factor, addend)
#define ADD                      vaddq_f32
RUN(run_neon, , float32x4_t, EACH_16, vdupq_n_f32)

static bool has_neon(void)
{
    return true;
}

static const kernel kernels[] = {{"fma_neon", has_neon, run_neon, (int64_t)16 * 4 * 2}};
#else
#include <math.h>
#define FMA(acc, factor, addend) fmaf(factor, addend, acc)
#define ADD(a, b)                ((a) + (b))
#define SAME(x)                  (x)
RUN(run_scalar, , float, EACH_16, SAME)

static bool has_scalar(void)
{
    return true;
}

static const kernel kernels[] = {{"fma_scalar", has_scalar, run_scalar, (int64_t)16 * 2}};
#endif

#define KERNELS (int)(sizeof kernels / sizeof kernels[0])

/* ---- threads ---- */

static cpu_set_t allowed;

/* The calling thread to the place-th core of those this process may use. */
static void pin(int place)
{
    for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
        if (CPU_ISSET(cpu, &allowed) && place-- == 0) {
            cpu_set_t one;
            CPU_ZERO(&one);
            CPU_SET(cpu, &one);
            sched_setaffinity(0, sizeof one, &one);
            return;
        }
    }
}

/* ---- measuring ---- */

typedef struct settings {
    double seconds;
    int tries;
    int64_t elements; /* of each array of the triad */
    bool triad;
} settings;

static int ascending(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void print(const char *what, int threads, double *values, int count, const char *unit)
{
    qsort(values, (size_t)count, sizeof *values, ascending);
    printf("%s,%d,%.2f,%.2f,%s\n", what, threads, (values[(count - 1) / 2] + values[count / 2]) / 2, values[count - 1],
           unit);
    fflush(stdout);
}

static volatile float sink; /* results go here, or the compiler would drop the loops */

/* GFLOP/s of one try: `rounds` rounds on each thread, between two barriers. */
static double fma_once(const kernel *k, int threads, int64_t rounds)
{
    double start = 0, end = 0;
#pragma omp parallel num_threads(threads)
    {
        pin(omp_get_thread_num());
#pragma omp barrier
#pragma omp master
        start = now();
        const float result = k->run(rounds, 0.5F, 0.5F);
#pragma omp barrier
#pragma omp master
        end = now();
#pragma omp critical
        sink = result;
    }
    return (double)(k->flops * rounds * threads) / (end - start) * 1e-9;
}

static void fma_peak(const kernel *k, int threads, const settings *s)
{
    double values[TRIES_MAX];
    int64_t rounds = 1 << 16;
    const double speed = fma_once(k, threads, rounds); /* also wakes the threads */
    const double wanted = s->seconds * speed * 1e9 / (double)(k->flops * threads);
    rounds = wanted > (double)rounds ? (int64_t)wanted : rounds;
    for (int i = 0; i < s->tries; i++)
        values[i] = fma_once(k, threads, rounds);
    print(k->name, threads, values, s->tries, "GFLOP/s");
}

static void triad(int threads, const settings *s)
{
    double values[TRIES_MAX];
    const int64_t n = s->elements;
    double *a = malloc((size_t)n * sizeof *a), *b = malloc((size_t)n * sizeof *b), *c = malloc((size_t)n * sizeof *c);
    if (!a || !b || !c) {
        fprintf(stderr, "peak: no memory for the triad; give less with --megabytes\n");
        exit(1);
    }
#pragma omp parallel num_threads(threads)
    {
        pin(omp_get_thread_num());
#pragma omp for schedule(static)
        for (int64_t i = 0; i < n; i++) { /* each page is first touched by the thread that uses it */
            a[i] = 0;
            b[i] = 1;
            c[i] = 2;
        }
    }
    for (int t = 0; t < s->tries; t++) {
        const double factor = 0.5 * t;
        const double start = now();
#pragma omp parallel for schedule(static) num_threads(threads)
        for (int64_t i = 0; i < n; i++)
            a[i] = b[i] + factor * c[i];
        values[t] = 24 * (double)n / (now() - start) * 1e-9;
        sink = (float)a[n / 2];
    }
    print("triad", threads, values, s->tries, "GB/s");
    free(a);
    free(b);
    free(c);
}

/* False: not understood. */
static bool read_argument(const char *name, const char *value, settings *s)
{
    if (strcmp(name, "--seconds") == 0)
        s->seconds = strtod(value, NULL);
    else if (strcmp(name, "--tries") == 0)
        s->tries = atoi(value);
    else if (strcmp(name, "--megabytes") == 0)
        s->elements = (int64_t)(strtod(value, NULL) * 1e6 / 8);
    else
        return false;
    return s->seconds > 0 && s->tries > 0 && s->tries <= TRIES_MAX && s->elements > 0;
}

static bool read_arguments(int argc, char **argv, settings *s)
{
    *s = (settings){.seconds = 0.1, .tries = 7, .elements = 32000000, .triad = true};
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--no-triad") == 0)
            s->triad = false;
        else if (strcmp(argv[i], "--quick") == 0)
            *s = (settings){.seconds = 0.005, .tries = 3, .elements = 1000000, .triad = s->triad};
        else if (i + 1 == argc || !read_argument(argv[i], argv[i + 1], s))
            return false;
        else
            i++;
    }
    return true;
}

int main(int argc, char **argv)
{
    settings s;
    if (!read_arguments(argc, argv, &s)) {
        fprintf(stderr, "usage: peak [--seconds S] [--tries N] [--megabytes M] [--no-triad] [--quick]\n");
        return 2;
    }
    if (sched_getaffinity(0, sizeof allowed, &allowed) != 0) {
        perror("peak: sched_getaffinity");
        return 1;
    }
    const int all = CPU_COUNT(&allowed);
    printf("what,threads,median,best,unit\n");
    for (int threads = 1; threads <= all; threads += all > 1 ? all - 1 : 1) {
        for (int k = 0; k < KERNELS; k++) {
            if (kernels[k].supported())
                fma_peak(&kernels[k], threads, &s);
            else
                printf("%s,%d,,,no instruction\n", kernels[k].name, threads);
        }
        if (s.triad)
            triad(threads, &s);
    }
    return 0;
}
