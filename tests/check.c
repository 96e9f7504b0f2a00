#include "check.h"
#include <CUnit/Basic.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int skipped;
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
    skipped++;
    printf("\n    SKIPPED %s: %s\n", running, reason);
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

static char temp_dirs[64][64];
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
    if (n_temp_dirs++ == 0)
        atexit(remove_temp_dirs);
    return dir;
}

static void before_test(const CU_pTest test, const CU_pSuite suite)
{
    (void)suite;
    running = test->pName;
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
    setvbuf(stdout, NULL, _IOLBF, 0);
    CU_basic_set_mode(CU_BRM_VERBOSE);
    CU_set_test_start_handler(before_test);
    CU_basic_run_tests();
    unsigned failed = CU_get_number_of_tests_failed();
    printf("\n%u passed, %u failed, %d skipped\n", chosen - failed - (unsigned)skipped, failed, skipped);
    CU_cleanup_registry();
    return failed > 0 || chosen == 0;
}
