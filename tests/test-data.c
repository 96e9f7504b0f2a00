/* test-data.c - what rows become. What tables are read is in test-data-tables.c; order, splits, batches and train.json are in
 * test-data-order.c. */
#include "data-made.h"
#include "faults.h"
#include "tools/data/dataset-private.h"
#include "tools/tool-private.h"
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- from fields to features ---- */

static char told[4096];

static void keep_log(void *user, leat_log_level level, const char *text)
{
    (void)user, (void)level;
    const char *name = strrchr(text, '/'); /* without the directory */
    snprintf(told + strlen(told), sizeof told - strlen(told), "%s\n", name ? name + 1 : text);
}

/* All rows of a part as text: features, then the target behind a bar. */
static leat_status show_rows(leat_data *d, leat_part part, leat_buf *out)
{
    leat_rows r;
    LEAT_TRY(leat_rows_alloc(&r, leat_data_schema(d), 3));
    leat_status st = LEAT_OK;
    for (uint64_t at = 0; st == LEAT_OK && at < leat_data_count(d, part); at += r.n) {
        st = leat_data_read(d, part, at, &r);
        for (size_t i = 0; i < r.n; i++) {
            for (size_t k = 0; k < r.n_features; k++)
                leat_buf_printf(out, "%g ", (double)r.x[i * r.n_features + k]);
            leat_buf_printf(out, "| %g\n", r.label != NULL ? (double)r.label[i] : (double)r.y[i]);
        }
    }
    leat_rows_free(&r);
    return st;
}

struct prepared {
    const char *content, *target;
    bool classes, standardize;
    double validation;
    const char *ignore, *categorical; /* at most one each */
    const char *want;                 /* all rows, or part of the error */
    const char *log;                  /* what leat_log was told, or NULL where that does not matter */
};

static void check_prepared(const struct prepared *p, uint64_t memory)
{
    leat_data_options o = {.target = p->target,
                           .classes = p->classes,
                           .standardize = p->standardize,
                           .validation = p->validation,
                           .ignore = &p->ignore,
                           .n_ignore = p->ignore != NULL,
                           .categorical = &p->categorical,
                           .n_categorical = p->categorical != NULL,
                           .memory = memory};
    leat_data *d;
    leat_buf out = {0};
    const char *path = write_table("t.csv", p->content, strlen(p->content));
    told[0] = '\0';
    leat_set_log(keep_log, NULL);
    leat_status st = leat_data_open(&d, path, &o);
    if (strchr(p->want, '|') != NULL) {
        if (CHECK_OK(st)) {
            CHECK(leat_data_in_memory(d) == (memory != 1));
            CHECK_OK(show_rows(d, LEAT_PART_ALL, &out));
            CHECK_STR(out.data, p->want);
        }
        if (p->log != NULL) {
            CHECK_STR(told, p->log);
        }
    } else {
        CHECK_FAILS(st, LEAT_ERR_INVALID_ARGUMENT, p->want);
        CHECK_FAILS(st, LEAT_ERR_INVALID_ARGUMENT, path);
        CHECK(d == NULL);
    }
    leat_set_log(NULL, NULL);
    leat_buf_free(&out);
    leat_data_free(d);
}

LEAT_TEST(rows_are_prepared)
{
    static const struct prepared rows[] = {
        {"a,b,y\n1,2,3\n4,5,6\n", "y", .want = "1 2 | 3\n4 5 | 6\n", .log = ""},
        {"y,b,a\n1,2,3\n4,5,6\n", "y", .want = "2 3 | 1\n5 6 | 4\n", .log = ""},
        {"a,y\n1,0\n3,0\n", "y", .standardize = true, .want = "-1 | 0\n1 | 0\n", .log = ""},
        {"a,y\n7,0\n7,0\n", "y", .standardize = true, .want = "0 | 0\n0 | 0\n", .log = ""},
        /* statistics of the training rows only */
        {"a,y\n1,0\n3,0\n5,0\n9,0\n", "y", .standardize = true, .validation = 0.5,
         .want = "-1 | 0\n1 | 0\n3 | 0\n7 | 0\n", .log = ""},
        /* missing numbers */
        {"a,y\n1,0\n,0\n5,0\nNaN,0\nNA,0\n-nan,0\n", "y",
         .want = "1 | 0\n3 | 0\n5 | 0\n3 | 0\n3 | 0\n3 | 0\n",
         .log = "t.csv: column 'a': 4 missing values are replaced by the mean, 3\n"},
        {"a,y\n1,0\n,0\n3,0\n", "y", .standardize = true, .want = "-1 | 0\n0 | 0\n1 | 0\n"},
        /* categories, in order of their bytes or values, the missing one last */
        {"c,y\nred,0\nblue,1\n,2\nred,3\n", "y", .want = "0 1 0 | 0\n1 0 0 | 1\n0 0 1 | 2\n0 1 0 | 3\n",
         .log = "t.csv: column 'c': 1 missing values are a category of their own\n"},
        {"c,y\n10,0\n9,1\n10,2\n", "y", .categorical = "c", .want = "0 1 | 0\n1 0 | 1\n0 1 | 2\n", .log = ""},
        {"c,y\nx,0\n12,1\n", "y", .standardize = true, .want = "0 1 | 0\n1 0 | 1\n", .log = ""},
        {"c,y\nx,0\ny,1\nz,2\nz,3\n", "y", .validation = 0.5, .want = "1 0 | 0\n0 1 | 1\n0 0 | 2\n0 0 | 3\n",
         .log = "t.csv: column 'c': 2 values that training did not see set none of its features\n"},
        {"城市,y\n北京,1\n上海,2\n", "y", .want = "0 1 | 1\n1 0 | 2\n", .log = ""},
        /* classes */
        {"a,k\n1,dog\n2,cat\n3,dog\n", "k", .classes = true, .want = "1 | 1\n2 | 0\n3 | 1\n", .log = ""},
        {"a,k\n1,10\n2,9\n3,10\n", "k", .classes = true, .want = "1 | 1\n2 | 0\n3 | 1\n", .log = ""},
        /* targets that are missing; ignored and unnamed columns */
        {"a,y\n1,2\n2,\n3,NA\n4,5\n", "y", .want = "1 | 2\n4 | 5\n",
         .log = "t.csv: 2 rows without a value in column 'y' are left out\n"},
        {"id,a,y\nx1,1,2\nx2,3,4\n", "y", .ignore = "id", .want = "1 | 2\n3 | 4\n", .log = ""},
        {",a,y\n0,1,2\n1,3,4\n", "y", .want = "1 | 2\n3 | 4\n",
         .log = "t.csv: column 1 has no name and is passed over\n"},
        {"a,y\n1e-3,+2\n-.5,1E2\n", "y", .want = "0.001 | 2\n-0.5 | 100\n", .log = ""},
        /* what is refused */
        {"a,b,y\n1,2,3\n", "prize", .want = ": --target: there is no column 'prize' among 'a', 'b', 'y'"},
        {"a,price\n1,2\n", "prize", .want = ": --target: there is no column 'prize'; did you mean 'price'?"},
        {"a,y\n1,2\n", "y", .ignore = "b", .want = ": --ignore: there is no column 'b' among"},
        {"a,y\n1,2\n", "y", .ignore = "y", .want = "column 'y' is the target: it cannot be ignored"},
        {"y\n1\n", "y", .want = ": no column but the target"},
        {"a,y\n", "y", .want = ": no rows"},
        {"a,y\n1,\n", "y", .want = ": no row has a value in column 'y'"},
        {"a,y\n1,2\nx,3\n", "y", .want = ":3: column 'a': 'x' is no number"},
        {"a,y\n1,2\n\"1\n2\",3\n", "y", .want = ":3: column 'a': '1\\x0a2' is no number"},
        {"a,y\n1,2\n\"3,5\",3\n", "y", .want = ":3: column 'a': '3,5' is no number"},
        {"a,y\n\"1.234,5\",2\n", "y",
         .want = ":2: column 'a': '1.234,5' has a comma; numbers are written 1234.5"},
        {"a,y\n1,2\n0x10,3\n", "y", .want = ":3: column 'a': '0x10' is no number"},
        {"a,y\n1,2\ninf,3\n", "y", .want = ":3: column 'a': 'inf' is infinite"},
        {"a,y\n-Infinity,2\n", "y", .want = ":2: column 'a': '-Infinity' is infinite"},
        {"a,y\n1e400,2\n", "y", .want = ":2: column 'a': '1e400' is beyond the range of float32"},
        {"a,y\n1,2\n-1E+4000,2\n", "y", .want = ":3: column 'a': '-1E+4000' is beyond the range of float32"},
        {"a,y\n1,2\n1.2.3,2\n", "y", .want = ":3: column 'a': '1.2.3' is no number"},
        {"a;y\n1;2\n", "y", .want = "fields are separated by commas"},
        {"a\ty\n1\t2\n", "y", .want = "fields are separated by commas"},
        {"a,y\n1e39,2\n", "y", .want = ":2: column 'a': '1e39' is beyond the range of float32"},
        {"a,y\n1e999,2\n1,2\n", "y", .categorical = "y",
         .want = "column 'y' is the target: it cannot be a category (--classes?)"},
        {"a,y\n1,inf\n", "y", .want = ":2: column 'y': 'inf' is infinite"},
        {"a,y\n1,dog\n", "y",
         .want = ":2: column 'y': 'dog' is no number (--classes makes this a classification)"},
        {"a,y\n1,dog\n2,dog\n", "y", .classes = true, .want = ": column 'y' has only one class, 'dog'"},
        {"a,b,y\n1,,2\n1,,3\n", "y",
         .want = ": column 'b' has no value in any training row (leave it out with --ignore)"},
        {"a,y\n1,2\n2,3\n", "y", .validation = 0.1,
         .want = ": a fraction of 0.1 of 2 rows leaves none for validation"},
        {"a,y\n1,2\n2,3\n", "y", .validation = 0.9,
         .want = ": a fraction of 0.9 of 2 rows leaves none for training"},
        {"c,y\n\xff\xfe,2\n", "y", .want = ":2: column 'c': '\\xff\\xfe' is not UTF-8"},
    };
    for (size_t i = 0; i < LEAT_LEN(rows); i++) {
        check_prepared(&rows[i], 0);
        check_prepared(&rows[i], 1); /* streaming */
    }
}

/* Errors in rows that only validation reads are told before training. */
LEAT_TEST(validation_rows_are_checked_at_once)
{
    static const struct prepared row = {"a,y\n1,2\n2,3\n3,4\nx,5\n", "y", .validation = 0.25,
                                        .want = ":5: column 'a': 'x' is no number"};
    check_prepared(&row, 1);
}

LEAT_TEST(category_limits)
{
    for (int n = 1000; n <= 1001; n++) {
        leat_buf content = {0};
        leat_buf_puts(&content, "a,town,y\n");
        for (int i = 0; i < 2 * n; i++)
            leat_buf_printf(&content, "%d,t%d,0\n", i, i % n);
        struct prepared p = {content.data, "y",
                             .want = "t.csv:1002: column 'town': more than 1000 categories"};
        if (n == 1001) {
            check_prepared(&p, 0);
        } else {
            leat_data *d;
            REQUIRE_OK(leat_data_open(&d, write_table("t.csv", content.data, content.size),
                                      &(leat_data_options){.target = "y"}));
            CHECK(leat_data_schema(d)->n_features == 1001);
            leat_data_free(d);
        }
        leat_buf_free(&content);
    }
    leat_buf content = {0};
    leat_buf_puts(&content, "c,y\n");
    for (int i = 0; i < 2000; i++)
        leat_buf_putc(&content, 'x');
    leat_buf_puts(&content, ",1\n");
    struct prepared p = {content.data, "y",
                         .want = ":2: column 'c': a text of 2000 bytes is no category (at most 1024)"};
    check_prepared(&p, 0);
    leat_buf_free(&content);
}

LEAT_TEST(npy_columns_by_index)
{
    static const float f4[] = {1, 2, 3, 4, NAN, 6};
    leat_data *d;
    leat_buf out = {0};
    REQUIRE_OK(leat_data_open(&d, write_npy("<f4", "(2, 3)", false, f4, sizeof f4),
                              &(leat_data_options){.target = "2"}));
    CHECK_OK(show_rows(d, LEAT_PART_ALL, &out));
    CHECK_STR(out.data, "1 2 | 3\n4 2 | 6\n");
    leat_data_free(d);
    leat_buf_clear(&out);
    REQUIRE_OK(leat_data_open(&d, write_npy("<f4", "(2, 3)", false, f4, sizeof f4),
                              &(leat_data_options){.target = "2", .classes = true, .memory = 1}));
    CHECK_OK(show_rows(d, LEAT_PART_ALL, &out));
    CHECK_STR(out.data, "1 2 | 0\n4 2 | 1\n");
    CHECK_STR(leat_data_schema(d)->class_names.names[1], "6");
    leat_data_free(d);
    leat_buf_free(&out);
}

/* New data for a schema: any order of columns, more of them, fewer. */
LEAT_TEST(new_data_for_a_schema)
{
    static const struct {
        const char *content;
        bool need_target;
        const char *want, *log;
    } rows[] = {
        {"c,k,a\nred,cat,3\n,dog,\ngreen,cow,1\n", false, "2 0 1 0 | 0\n0 0 0 1 | 1\n0 0 0 0 | -1\n",
         "new.csv: column 'a': 1 missing values are replaced by the mean, 1\n"
         "new.csv: column 'c': 1 missing values are a category of their own\n"
         "new.csv: column 'c': 1 values that training did not see set none of its features\n"},
        {"a,x,c\n1,2,blue\n", false, "0 1 0 0 | -1\n",
         "new.csv: columns that training did not use are passed over: 'x'\n"},
        {"a,c,k\n2,red,\n3,red,cat\n", true, "2 0 1 0 | 0\n",
         "new.csv: 1 rows without a value in column 'k' are left out\n"},
        {"a,c,k\n2,red,\n", false, "1 0 1 0 | -1\n", ""},
        {"a,k\n1,cat\n", false, "new.csv: training had it: there is no column 'c' among 'a', 'k'", NULL},
        {"a,c\n1,red\n", true, "new.csv: the target: there is no column 'k' among 'a', 'c'", NULL},
        {"a,c,k\n1,red,cow\n", true, "new.csv:2: column 'k': 'cow' is a class that training does not know",
         NULL},
        {"a,c\nx,red\n", false, "new.csv:2: column 'a': 'x' is no number", NULL},
    };
    static const char training[] = "a,c,k\n0,red,dog\n2,blue,cat\n,,cat\n";
    leat_data *old, *d;
    REQUIRE_OK(leat_data_open(&old, write_table("t.csv", training, strlen(training)),
                              &(leat_data_options){.target = "k", .classes = true, .standardize = true}));
    char name[64];
    CHECK_STR(leat_schema_feature_name(leat_data_schema(old), 0, name, sizeof name), "a");
    CHECK_STR(leat_schema_feature_name(leat_data_schema(old), 2, name, sizeof name), "c=red");
    CHECK_STR(leat_schema_feature_name(leat_data_schema(old), 3, name, sizeof name), "c (missing)");
    for (size_t i = 0; i < 2 * LEAT_LEN(rows); i++) {
        leat_buf out = {0};
        const size_t row = i / 2;
        told[0] = '\0';
        leat_set_log(keep_log, NULL);
        leat_status st =
            leat_data_open_with(&d, write_table("new.csv", rows[row].content, strlen(rows[row].content)),
                                leat_data_schema(old), rows[row].need_target, i % 2);
        if (st == LEAT_OK)
            st = show_rows(d, LEAT_PART_ALL, &out);
        leat_set_log(NULL, NULL);
        if (strchr(rows[row].want, '|') != NULL) {
            CHECK_OK(st);
            CHECK_STR(out.data, rows[row].want);
            CHECK_STR(told, rows[row].log);
        } else {
            CHECK_FAILS(st, LEAT_ERR_INVALID_ARGUMENT, rows[row].want);
        }
        leat_buf_free(&out);
        leat_data_free(d);
    }
    leat_data_free(old);
}

/* Each allocation, each open and each read fails, once: a clean error, no leak. */
LEAT_TEST(opening_survives_faults)
{
    static const char content[] = "a,c,y\n1,red,1\n2,blue,2\n,\"red\",3\n4,,4\n";
    static const leat_fault_kind kinds[] = {LEAT_FAULT_ALLOC, LEAT_FAULT_OPEN, LEAT_FAULT_READ};
    char path[128];
    snprintf(path, sizeof path, "%s", write_table("t.csv", content, strlen(content)));
    for (size_t k = 0; k < LEAT_LEN(kinds); k++) {
        int failures = 0;
        EACH_FAULT (f, kinds[k], 12) {
            leat_data *d = NULL;
            leat_batches *b = NULL;
            const leat_rows *rows;
            fault_start(&f);
            leat_status st = leat_data_open(
                &d, path,
                &(leat_data_options){.target = "y", .standardize = true, .validation = 0.25, .memory = 1});
            if (st == LEAT_OK)
                st = leat_batches_new(&b, d, 2, 1);
            if (st == LEAT_OK)
                st = leat_batches_next(b, &rows);
            bool fired = fault_end(&f);
            /* libcsv asks again for less: then the rows are still right. */
            CHECK(st == LEAT_OK ? rows->n == 2 : st == LEAT_ERR_NO_MEMORY || st == LEAT_ERR_IO);
            CHECK(st == LEAT_OK || fired);
            failures += st != LEAT_OK;
            leat_batches_free(b);
            leat_data_free(d);
        }
        CHECK(failures > 0 && (kinds[k] != LEAT_FAULT_ALLOC || failures > 20));
    }
    leat_data *d;
    leat_fault_arm(LEAT_FAULT_SHORT, 1, 0);
    CHECK_OK(leat_data_open(&d, path, &(leat_data_options){.target = "y"}));
    leat_fault_disarm();
    leat_data_free(d);
}

/* A signal ends the reading of a long file with the status that becomes 128 + n. */
LEAT_TEST(signals_end_the_reading)
{
    char path[128];
    snprintf(path, sizeof path, "%s", write_table("t.csv", TEXT("a,y\n1,2\n3,4\n")));
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        leat_data *d;
        leat_signals_catch(NULL, NULL);
        raise(SIGTERM);
        leat_status st = leat_data_open(&d, path, &(leat_data_options){.target = "y"});
        _exit(st == LEAT_ERR_CANCELLED && d == NULL ? leat_exit_code(st) : 99);
    }
    int status = 0;
    waitpid(child, &status, 0);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == LEAT_EXIT_SIGNAL + SIGTERM);
    child = fork();
    if (child == 0) {
        leat_signals_catch(NULL, NULL);
        raise(SIGINT);
        raise(SIGINT); /* does not wait */
        _exit(99);
    }
    waitpid(child, &status, 0);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == LEAT_EXIT_SIGNAL + SIGINT);
}

/* The tables that ship, and what is known of them. */
LEAT_TEST(shipped_tables)
{
    static const struct {
        const char *file, *target;
        bool classes;
        uint64_t rows;
        size_t features;
    } rows[] = {
        {"data/diabetes.csv", "progression", false, 442, 10},
        {"data/digits-train.csv", "digit", true, 1438, 64},
        {"data/digits-test.csv", "digit", true, 359, 64},
    };
    for (size_t i = 0; i < LEAT_LEN(rows); i++) {
        leat_data *d;
        leat_data_options o = {.target = rows[i].target, .classes = rows[i].classes, .standardize = true};
        REQUIRE_OK(leat_data_open(&d, check_source_path(rows[i].file), &o));
        const leat_schema *s = leat_data_schema(d);
        CHECK(leat_data_count(d, LEAT_PART_ALL) == rows[i].rows && s->n_features == rows[i].features);
        CHECK(!rows[i].classes || (s->class_names.n == 10 && strcmp(s->class_names.names[7], "7") == 0));
        for (size_t k = 0; k < s->n_columns; k++)
            CHECK(!s->columns[k].categorical);
        leat_data_free(d);
    }
    leat_data *d;
    REQUIRE_OK(leat_data_open(&d, check_source_path("data/diabetes.csv"),
                              &(leat_data_options){.target = "progression"}));
    CHECK(fabs(leat_data_schema(d)->columns[2].mean - 26.375792) < 1e-6); /* bmi */
    leat_data_free(d);
}
