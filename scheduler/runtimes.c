#include "config.h"
#include "pool-private.h"

#include <dlfcn.h>
#include <link.h>
#include <omp.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#define OPENBLAS_OPENMP 2 /* of openblas_get_parallel() */
extern int openblas_get_parallel(void);
extern void openblas_set_num_threads(int n);

/* ---- OpenMP ----
 *
 * A program may load two runtimes, say libgomp for itself and OpenBLAS, and libomp for a Leat made by clang. Each then has
 * its own idea of who is in which region. That is harmless where the loader binds all calls to one of them; where it does not,
 * a region's threads could all be told that they are thread 0, and what omp_set_num_threads says is not heard by all. */

typedef struct runtime_names {
    char text[160];
    unsigned n;
} runtime_names;

static int note_runtime(struct dl_phdr_info *info, size_t size, void *user)
{
    static const char *const known[] = {"libgomp.so", "libgomp-", "libomp.so",
                                        "libomp-",    "libomp5",  "libiomp5"};
    runtime_names *r = user;
    (void)size;
    const char *slash = strrchr(info->dlpi_name, '/');
    const char *name = slash != NULL ? slash + 1 : info->dlpi_name;
    for (size_t i = 0; i < LEAT_LEN(known); i++)
        if (strncmp(name, known[i], strlen(known[i])) == 0) {
            size_t n = strlen(r->text);
            snprintf(r->text + n, sizeof r->text - n, "%s%s", r->n > 0 ? " and " : "", name);
            r->n++;
            break;
        }
    return 0;
}

/* The library that a call of that name goes to; NULL: there is none, or it can't be said. */
static const void *library_of(const char *name)
{
    Dl_info info;
    void *symbol = dlsym(RTLD_DEFAULT, name);
    return symbol != NULL && dladdr(symbol, &info) != 0 ? info.dli_fbase : NULL;
}

static bool same_library(const char *a, const char *b)
{
    const void *of_a = library_of(a), *of_b = library_of(b);
    return of_a == NULL || of_b == NULL || of_a == of_b;
}

leat_openmp leat_check_openmp(char *names, size_t size)
{
    runtime_names r = {.n = 0};
    dl_iterate_phdr(note_runtime, &r);
    snprintf(names, size, "%s", r.text);
    if (r.n < 2)
        return LEAT_OPENMP_ONE;
#ifdef __clang__
    bool ours = same_library("__kmpc_fork_call", "omp_get_thread_num");
#else
    bool ours = same_library("GOMP_parallel", "omp_get_thread_num");
#endif
    /* OpenBLAS and oneDNN are made by gcc. */
    return !ours                                                  ? LEAT_OPENMP_SPLIT
           : same_library("GOMP_parallel", "omp_set_num_threads") ? LEAT_OPENMP_ONE
                                                                  : LEAT_OPENMP_OTHERS;
}

/* ---- both ---- */

bool leat_check_runtimes(void)
{
    /* What is loaded, and OpenBLAS's thread count, belong to the process; so does having told. */
    static atomic_flag told = ATOMIC_FLAG_INIT;
    char names[160];
    leat_openmp openmp = leat_check_openmp(names, sizeof names);
    bool openblas = openblas_get_parallel() == OPENBLAS_OPENMP;
    if ((openmp == LEAT_OPENMP_ONE && openblas) || atomic_flag_test_and_set(&told))
        return openmp != LEAT_OPENMP_SPLIT;
    openblas_set_num_threads(1);
    if (!openblas)
        leat_note(LEAT_LOG_WARNING,
                  "the OpenBLAS library that was loaded is not its OpenMP build; it runs on one thread");
    if (openmp == LEAT_OPENMP_SPLIT)
        leat_note(LEAT_LOG_WARNING, "two OpenMP runtimes are loaded, %s: Leat runs on one thread", names);
    else if (openmp == LEAT_OPENMP_OTHERS)
        leat_note(LEAT_LOG_WARNING,
                  "two OpenMP runtimes are loaded, %s: libraries of Leat may start threads of their own",
                  names);
    return openmp != LEAT_OPENMP_SPLIT;
}
