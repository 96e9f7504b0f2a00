/* check.h - the test harness: CUnit with a table of tests written by build-aux/scan-tests.awk.
 *
 *     LEAT_TEST(buffer_grows)
 *     {
 *         CHECK(b.size == 3);
 *         CHECK_OK(leat_buf_status(&b));
 *     }
 *
 * A program's arguments select tests by substring. A test that cannot run here calls SKIP(reason) and returns. */
#ifndef LEAT_CHECK_H
#define LEAT_CHECK_H

#include <CUnit/CUnit.h>
#include <stddef.h>
#include "leat/status.h"

/* Is it built with AddressSanitizer or ThreadSanitizer, by gcc or clang? Memory and time are another program's then. */
#ifdef __has_feature
#define LEAT_HAS_FEATURE(name_) __has_feature(name_)
#else
#define LEAT_HAS_FEATURE(name_) 0
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || LEAT_HAS_FEATURE(address_sanitizer) ||  \
    LEAT_HAS_FEATURE(thread_sanitizer)
#define LEAT_SANITIZED 1
#else
#define LEAT_SANITIZED 0
#endif

struct leat_test {
    const char *name;
    void (*run)(void);
};
extern const struct leat_test leat_tests[];

#define LEAT_TEST(name_)                                                                                     \
    void test_##name_(void);                                                                                 \
    void test_##name_(void)

/* Its value is the condition's. */
#define CHECK(condition_) CU_assertImplementation((condition_), __LINE__, #condition_, __FILE__, "", CU_FALSE)
#define REQUIRE(condition_)                                                                                  \
    do {                                                                                                     \
        if (!CHECK(condition_))                                                                              \
            return;                                                                                          \
    } while (0)
#define CHECK_OK(status_) check_ok((status_), #status_, __FILE__, __LINE__)
#define REQUIRE_OK(status_)                                                                                  \
    do {                                                                                                     \
        if (!CHECK_OK(status_))                                                                              \
            return;                                                                                          \
    } while (0)
/* Fails as expected, and the detail holds `text`. */
#define CHECK_FAILS(status_, code_, text_)                                                                   \
    check_fails((status_), (code_), (text_), #status_, __FILE__, __LINE__)
#define CHECK_STR(got_, want_) check_str((got_), (want_), #got_, __FILE__, __LINE__)
#define SKIP(reason_)                                                                                        \
    do {                                                                                                     \
        check_skip(reason_);                                                                                 \
        return;                                                                                              \
    } while (0)

int check_ok(leat_status status, const char *text, const char *file, unsigned line);
int check_fails(leat_status status, leat_status want, const char *part, const char *text, const char *file,
                unsigned line);
int check_str(const char *got, const char *want, const char *text, const char *file, unsigned line);
void check_skip(const char *reason);

/* CPU time of this process so far. Limits of time are limits of this: the machine may be busy with other work. */
double check_cpu_seconds(void);

/* Path of a file below the source tree, or below ../shared beside it (NULL where that does not exist). Static storage. */
const char *check_source_path(const char *relative);
const char *check_shared_path(const char *relative);
/* A fresh temporary directory, removed with all below it when the test ends. Static storage. */
const char *check_temp_dir(void);

#endif
