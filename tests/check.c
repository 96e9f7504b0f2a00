#include "config.h"
#include "check.h"
#include <CUnit/TestRun.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* AddressSanitizer's allocator aborts at a size that malloc answers with NULL, unless told not to. */
__attribute__((visibility("default"))) const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
    return "allocator_may_return_null=1";
}

/* What fontconfig keeps for the process, what graphviz never frees of its configuration, and what cairo 1.16 loses of
 * a CFF font in a PDF, are no leaks of ours. */
__attribute__((visibility("default"))) const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:libfontconfig\nleak:gvconfig\nleak:libgvc\nleak:libcairo\n";
}

static unsigned skipped, skipped_now; /* tests; of the running test */
static const char *running;

int check_ok(leat_status status, const char *text, const char *file, unsigned line)
{
    char detail[512];
    snprintf(detail, sizeof detail, "%s is %s: %s", text, leat_status_name(status), leat_message());
    CU_assertImplementation(status == LEAT_OK, line, status == LEAT_OK ? text : detail, file, "", CU_FALSE);
    return status == LEAT_OK;
}

int check_fails(leat_status status, leat_status want, const char *part, const char *text, const char *file,
                unsigned line)
{
    char detail[768];
    int good = status == want && strstr(leat_message(), part) != NULL;
    snprintf(detail, sizeof detail, "%s is %s \"%s\", not %s \"%s\"", text, leat_status_name(status),
             status == LEAT_OK ? "" : leat_message(), leat_status_name(want), part);
    CU_assertImplementation(good, line, good ? text : detail, file, "", CU_FALSE);
    return good;
}

int check_str(const char *got, const char *want, const char *text, const char *file, unsigned line)
{
    char detail[1024];
    int good = got != NULL && strcmp(got, want) == 0;
    snprintf(detail, sizeof detail, "%s is \"%s\", not \"%s\"", text, got ? got : "(null)", want);
    CU_assertImplementation(good, line, good ? text : detail, file, "", CU_FALSE);
    return good;
}

void check_skip(const char *reason)
{
    skipped += skipped_now == 0;
    skipped_now = 1;
    printf("(%s) ", reason);
}

double check_cpu_seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

const char *check_source_path(const char *relative)
{
    static char path[4096];
    const char *top = getenv("LEAT_SRCDIR");
    snprintf(path, sizeof path, "%s/%s", top ? top : ".", relative);
    return path;
}

const char *check_shared_path(const char *relative)
{
    static char path[4096];
    const char *top = getenv("LEAT_SRCDIR");
    snprintf(path, sizeof path, "%s/../shared/%s", top ? top : ".", relative);
    return access(path, R_OK) == 0 ? path : NULL;
}

static char temp_dirs[256][64];
static size_t n_temp_dirs;

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st, (void)type, (void)ftw;
    return remove(path);
}

static void remove_temp_dirs(void)
{
    while (n_temp_dirs > 0)
        nftw(temp_dirs[--n_temp_dirs], remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

const char *check_temp_dir(void)
{
    if (n_temp_dirs == sizeof temp_dirs / sizeof temp_dirs[0])
        remove_temp_dirs();
    char *dir = temp_dirs[n_temp_dirs];
    strcpy(dir, "/tmp/leat-test-XXXXXX");
    if (mkdtemp(dir) == NULL) {
        perror("mkdtemp");
        exit(99);
    }
    n_temp_dirs++;
    return dir;
}

/* CUnit's "basic" interface would put its own handlers in the place of these. */
static void before_test(const CU_pTest test, const CU_pSuite suite)
{
    (void)suite;
    running = test->pName;
    skipped_now = 0;
    printf("  %s ... ", running);
    fflush(stdout);
}

static void after_test(const CU_pTest test, const CU_pSuite suite, const CU_pFailureRecord failure)
{
    (void)suite, (void)test;
    remove_temp_dirs();
    puts(failure != NULL ? "FAILED" : skipped_now ? "skipped" : "ok");
    unsigned shown = 0;
    for (CU_pFailureRecord f = failure; f != NULL && shown < 60; f = f->pNext, shown++)
        printf("    %s:%u: %s\n", f->strFileName, f->uiLineNumber, f->strCondition);
    fflush(stdout);
}

int main(int argc, char **argv)
{
    if (CU_initialize_registry() != CUE_SUCCESS)
        return 99;
    CU_pSuite suite = CU_add_suite(strrchr(argv[0], '/') ? strrchr(argv[0], '/') + 1 : argv[0], NULL, NULL);
    unsigned chosen = 0;
    for (const struct leat_test *t = leat_tests; t->name; t++) {
        int wanted = argc < 2;
        for (int i = 1; i < argc; i++)
            wanted |= strstr(t->name, argv[i]) != NULL;
        if (wanted && CU_add_test(suite, t->name, t->run) != NULL)
            chosen++;
    }
    atexit(remove_temp_dirs); /* of a test that exits */
    CU_set_test_start_handler(before_test);
    CU_set_test_complete_handler(after_test);
    CU_run_all_tests();
    unsigned failed = CU_get_number_of_tests_failed();
    printf("%u passed, %u failed, %u skipped\n", chosen - failed - skipped, failed, skipped);
    CU_cleanup_registry();
    /* 77: automake counts a program whose every test was skipped as skipped. */
    return failed > 0 || chosen == 0 ? 1 : skipped == chosen ? 77 : 0;
}
