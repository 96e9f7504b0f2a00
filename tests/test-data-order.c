/* test-data-order.c - splits, the order of batches, and train.json. */
#include "data-made.h"
#include "faults.h"
#include "tools/data/dataset-private.h"
#include "tools/data/run-info-private.h"

/* A file whose one feature is the row's number and whose target is ten times that; every 10th row lacks its target if
 * `gaps`. Static storage. */
static const char *numbered(int rows, bool gaps)
{
    static char path[128];
    snprintf(path, sizeof path, "%s/n.csv", check_temp_dir());
    FILE *f = fopen(path, "w");
    if (f == NULL)
        abort();
    fprintf(f, "x,y\n");
    for (int i = 0, kept = 0; kept < rows; i++) {
        bool gap = gaps && i % 10 == 9;
        if (gap)
            fprintf(f, "-1,\n");
        else
            fprintf(f, "%d,%d\n", kept, 10 * kept), kept++;
    }
    fclose(f);
    return path;
}

static leat_data *open_numbered(int rows, bool gaps, leat_data_options o)
{
    leat_data *d = NULL;
    o.target = "y";
    CHECK_OK(leat_data_open(&d, numbered(rows, gaps), &o));
    return d;
}

LEAT_TEST(splits)
{
    static const struct {
        int rows;
        double validation;
        bool shuffle;
        uint64_t held;
    } rows[] = {{10, 0, false, 0},  {10, 0.2, false, 2},     {10, 0.25, false, 3},   {1797, 0.2, false, 359},
                {10, 0.3, true, 3}, {5000, 0.2, true, 1000}, {3000, 0.9, true, 2700}};
    for (size_t i = 0; i < 2 * LEAT_LEN(rows); i++) {
        size_t k = i / 2;
        leat_data *d = open_numbered(rows[k].rows, false,
                                     (leat_data_options){.validation = rows[k].validation,
                                                         .shuffle_split = rows[k].shuffle,
                                                         .split_seed = 5,
                                                         .memory = i % 2});
        uint64_t n = (uint64_t)rows[k].rows, train = leat_data_count(d, LEAT_PART_TRAIN);
        CHECK(leat_data_count(d, LEAT_PART_VALIDATION) == rows[k].held);
        CHECK(train == n - rows[k].held && leat_data_count(d, LEAT_PART_ALL) == n);
        /* Together the parts are the file, each in the file's order. */
        leat_rows r;
        char *seen = calloc(n, 1);
        REQUIRE_OK(leat_rows_alloc(&r, leat_data_schema(d), 700));
        for (leat_part part = LEAT_PART_TRAIN; part <= LEAT_PART_VALIDATION; part++) {
            float last = -1;
            for (uint64_t at = 0; at < leat_data_count(d, part); at += r.n) {
                REQUIRE_OK(leat_data_read(d, part, at, &r));
                CHECK(r.n > 0);
                for (size_t j = 0; j < r.n; j++) {
                    CHECK(r.x[j] > last && r.y[j] == 10 * r.x[j] && seen[(int)r.x[j]] == 0);
                    CHECK(rows[k].shuffle || (r.x[j] >= (float)train) == (part == LEAT_PART_VALIDATION));
                    last = r.x[j];
                    seen[(int)last] = 1;
                }
            }
        }
        CHECK(memchr(seen, 0, n) == NULL);
        free(seen);
        leat_rows_free(&r);
        leat_data_free(d);
    }
}

/* Reading from any row on gives what reading through gives. */
LEAT_TEST(reading_from_anywhere)
{
    leat_data *d =
        open_numbered(5000, true, (leat_data_options){.validation = 0.4, .shuffle_split = true, .memory = 1});
    leat_rows all, some;
    REQUIRE_OK(leat_rows_alloc(&all, leat_data_schema(d), 5000));
    REQUIRE_OK(leat_rows_alloc(&some, leat_data_schema(d), 3));
    CHECK(!leat_data_in_memory(d));
    for (leat_part part = LEAT_PART_ALL; part <= LEAT_PART_VALIDATION; part++) {
        REQUIRE_OK(leat_data_read(d, part, 0, &all));
        CHECK(all.n == leat_data_count(d, part));
        for (uint64_t i = 0; i < 400; i++) {
            uint64_t first = i * 1777 % all.n;
            REQUIRE_OK(leat_data_read(d, part, first, &some));
            CHECK(some.n == LEAT_MIN((uint64_t)3, all.n - first));
            CHECK(memcmp(some.x, all.x + first, some.n * sizeof *some.x) == 0);
        }
        REQUIRE_OK(leat_data_read(d, part, all.n, &some));
        CHECK(some.n == 0);
    }
    leat_rows_free(&all);
    leat_rows_free(&some);
    leat_data_free(d);
}

/* The rows of two epochs from (0, 0) on, in the order of the batches; `sum` counts batches. */
static size_t take_epochs(leat_batches *b, uint64_t n, float *to, size_t *batches)
{
    size_t count = 0;
    *batches = 0;
    while (leat_batches_epoch(b) < 2) {
        const leat_rows *rows;
        if (leat_batches_next(b, &rows) != LEAT_OK || rows->n == 0 || count + rows->n > 2 * n)
            return 0;
        memcpy(to + count, rows->x, rows->n * sizeof *to);
        count += rows->n;
        ++*batches;
    }
    return count;
}

LEAT_TEST(batches_are_shuffled_the_same_anywhere)
{
    static const struct {
        int rows;
        uint64_t batch;
        bool split;
    } cases[] = {{10, 3, false}, {1000, 64, true}, {70000, 1000, false}, {80000, 700, true}, {5, 100, false}};
    for (size_t k = 0; k < LEAT_LEN(cases); k++) {
        leat_data_options o = {.validation = cases[k].split ? 0.3 : 0, .shuffle_split = cases[k].split};
        leat_data *d[2];
        leat_batches *b[2];
        float *order[3];
        size_t batches = 0;
        uint64_t n = 0;
        for (int i = 0; i < 2; i++) {
            o.memory = (uint64_t)i; /* in memory, and streaming */
            d[i] = open_numbered(cases[k].rows, k == 1, o);
            CHECK(leat_data_in_memory(d[i]) == (i == 0));
            n = leat_data_count(d[i], LEAT_PART_TRAIN);
            order[i] = malloc(2 * n * sizeof(float));
            REQUIRE_OK(leat_batches_new(&b[i], d[i], cases[k].batch, 42));
            CHECK(take_epochs(b[i], n, order[i], &batches) == 2 * n);
            CHECK(batches == 2 * leat_batches_per_epoch(b[i]));
        }
        CHECK(memcmp(order[0], order[1], 2 * n * sizeof(float)) == 0);
        /* Each epoch is a permutation of the training rows, and another one. */
        char *seen = calloc((size_t)cases[k].rows, 1);
        for (size_t i = 0; i < n; i++)
            seen[(int)order[0][i]]++;
        for (size_t i = 0; i < n; i++)
            seen[(int)order[0][n + i]] += 4;
        for (int i = 0; i < cases[k].rows; i++)
            CHECK(seen[i] == 5 || (cases[k].split && seen[i] == 0));
        CHECK(memcmp(order[0], order[0] + n, n * sizeof(float)) != 0);
        free(seen);
        /* Continuing at any batch gives the rest of the same order. */
        for (int i = 0; i < 2; i++)
            for (uint64_t step = 0; step < 5; step++) {
                uint64_t epoch = step % 2,
                         at = LEAT_MIN(step * (n / 5) / cases[k].batch * cases[k].batch, n - 1);
                const leat_rows *rows;
                REQUIRE_OK(leat_batches_seek(b[i], epoch, at));
                CHECK(leat_batches_epoch(b[i]) == epoch && leat_batches_position(b[i]) == at);
                REQUIRE_OK(leat_batches_next(b[i], &rows));
                CHECK(memcmp(rows->x, order[0] + epoch * n + at, rows->n * sizeof(float)) == 0);
            }
        /* Another seed, another order. */
        leat_batches *other;
        REQUIRE_OK(leat_batches_new(&other, d[0], cases[k].batch, 43));
        order[2] = malloc(2 * n * sizeof(float));
        CHECK(take_epochs(other, n, order[2], &batches) == 2 * n);
        CHECK(memcmp(order[0], order[2], 2 * n * sizeof(float)) != 0);
        leat_batches_free(other);
        for (int i = 0; i < 2; i++) {
            CHECK_FAILS(leat_batches_seek(b[i], 0, n + 1), LEAT_ERR_OUT_OF_RANGE, "there is no training row");
            REQUIRE_OK(leat_batches_seek(b[i], 3, n));
            CHECK(leat_batches_epoch(b[i]) == 4 && leat_batches_position(b[i]) == 0);
            leat_batches_free(b[i]);
            leat_data_free(d[i]);
        }
        for (int i = 0; i < 3; i++)
            free(order[i]);
    }
}

LEAT_TEST(batch_of_all_rows)
{
    for (int split = 0; split < 2; split++) {
        leat_data *d =
            open_numbered(3000, false, (leat_data_options){.validation = 0.5, .shuffle_split = split != 0});
        leat_batches *b;
        const leat_rows *rows;
        REQUIRE_OK(leat_batches_new(&b, d, 0, 42));
        CHECK(leat_batches_per_epoch(b) == 1);
        for (uint64_t epoch = 1; epoch < 4; epoch++) {
            REQUIRE_OK(leat_batches_next(b, &rows));
            CHECK(rows->n == 1500 && leat_batches_epoch(b) == epoch && leat_batches_position(b) == 0);
            for (size_t i = 1; i < rows->n; i++)
                CHECK(rows->x[i] > rows->x[i - 1] && rows->y[i] == 10 * rows->x[i]);
        }
        leat_batches_free(b);
        leat_data_free(d);
    }
    leat_data *d = open_numbered(3000, false, (leat_data_options){.memory = 1});
    leat_batches *b;
    CHECK_FAILS(leat_batches_new(&b, d, 0, 42), LEAT_ERR_INVALID_ARGUMENT,
                "all 3000 rows at once are too large for memory: give a --batch");
    leat_data_free(d);
}

/* ---- train.json ---- */

static leat_status make_info(leat_run_info *r, const leat_data *d, const char *lr)
{
    LEAT_TRY(leat_run_info_from(r, d, NULL));
    LEAT_TRY(leat_run_info_add(r, "model", "mlp:300,100"));
    return leat_run_info_add(r, "lr", lr);
}

static leat_data *open_text(const char *content, leat_data_options o)
{
    leat_data *d = NULL;
    CHECK_OK(leat_data_open(&d, write_table("t.csv", content, strlen(content)), &o));
    return d;
}

static const char mixed[] = "a,城市,k\n0.1,北京,dog\n0.3,\"a \"\"b\"\"\n\",cat\n,,cat\n7e-9,北京,dog\n";
static const leat_data_options mixed_options = {.target = "k", .classes = true, .standardize = true};

static void check_same_rows(leat_data *a, leat_data *b)
{
    leat_rows x, y;
    REQUIRE_OK(leat_rows_alloc(&x, leat_data_schema(a), 100));
    REQUIRE_OK(leat_rows_alloc(&y, leat_data_schema(b), 100));
    REQUIRE_OK(leat_data_read(a, LEAT_PART_ALL, 0, &x));
    REQUIRE_OK(leat_data_read(b, LEAT_PART_ALL, 0, &y));
    CHECK(x.n > 0 && x.n == y.n && x.n_features == y.n_features);
    CHECK(memcmp(x.x, y.x, x.n * x.n_features * sizeof *x.x) == 0);
    CHECK(memcmp(x.label, y.label, x.n * sizeof *x.label) == 0);
    leat_rows_free(&x);
    leat_rows_free(&y);
}

/* What predict makes of the training file through train.json are training's own bits. */
LEAT_TEST(run_info_round_trip)
{
    char path[128];
    snprintf(path, sizeof path, "%s/train.json", check_temp_dir());
    leat_data *d = open_text(mixed, mixed_options), *again;
    leat_run_info r = {0}, back;
    REQUIRE_OK(make_info(&r, d, "0.1"));
    REQUIRE_OK(leat_run_info_write(&r, path));
    REQUIRE_OK(leat_run_info_read(&back, path));
    CHECK_OK(leat_run_info_same(&back, &r, path));
    CHECK_STR(leat_run_info_flag(&back, "model"), "mlp:300,100");
    CHECK(leat_run_info_flag(&back, "models") == NULL);
    CHECK_STR(back.schema.columns[1].name, "城市");
    CHECK_STR(back.schema.columns[1].categories.names[0], "a \"b\"\n");
    CHECK(memcmp(&back.schema.columns[0].mean, &r.schema.columns[0].mean, sizeof(double)) == 0);
    CHECK(memcmp(&back.schema.columns[0].deviation, &r.schema.columns[0].deviation, sizeof(double)) == 0);
    REQUIRE_OK(leat_data_open_with(&again, leat_data_path(d), &back.schema, false, 1));
    check_same_rows(d, again);
    leat_data_free(again);
    leat_data_free(d);
    leat_run_info_free(&r);
    leat_run_info_free(&back);
}

LEAT_TEST(run_info_names_what_changed)
{
    leat_data *d = open_text(mixed, mixed_options);
    leat_run_info saved = {0}, now = {0}, other = {0};
    REQUIRE_OK(make_info(&saved, d, "0.1"));
    REQUIRE_OK(make_info(&now, d, "0.2"));
    REQUIRE_OK(leat_run_info_add(&now, "batch", "32"));
    CHECK_FAILS(
        leat_run_info_same(&saved, &now, "R/train.json"), LEAT_ERR_FAILED_PRECONDITION,
        "R/train.json: the run cannot be resumed: --lr was 0.1 and is 0.2; --batch was not given and is 32");
    CHECK_FAILS(leat_run_info_same(&now, &saved, "x"), LEAT_ERR_FAILED_PRECONDITION,
                "--batch was 32 and is not given");
    leat_data_free(d);
    d = open_text("a,城市,k\n0.1,x,dog\n0.3,y,cat\n", mixed_options);
    REQUIRE_OK(make_info(&other, d, "0.1"));
    CHECK_FAILS(leat_run_info_same(&saved, &other, "x"), LEAT_ERR_FAILED_PRECONDITION,
                "t.csv are not those of the run");
    leat_data_free(d);
    leat_run_info_free(&saved);
    leat_run_info_free(&now);
    leat_run_info_free(&other);
}

#define DATA_JSON                                                                                            \
    "\"data\": {\"path\": \"d\", \"bytes\": 1, \"crc32c\": \"0123abcd\", \"rows\": 1, \"training_rows\": 1," \
    "\"validation_rows\": 0, \"rows_left_out\": 0}"
#define HEAD_JSON "{\"format\": 1, \"flags\": {}, " DATA_JSON ", \"standardize\": false, \"target\": \"y\", "
#define COLUMN_JSON(rest_) HEAD_JSON "\"columns\": [{\"name\": \"a\", " rest_ "}]}"

LEAT_TEST(run_info_refuses_bad_files)
{
    static const struct {
        const char *text, *error; /* NULL: is read */
    } rows[] = {
        {COLUMN_JSON("\"kind\": \"numeric\", \"mean\": 1, \"deviation\": 0.5"), NULL},
        {COLUMN_JSON("\"kind\": \"categorical\", \"categories\": [\"x\"], \"missing_category\": true"), NULL},
        {"", "1:0:"},
        {"{\"format\": 1", "1:12:"},
        {"[]", "key 'format': a number of 0 or more is missing"},
        {"{\"format\": 2}", "format 2 is not known to this version"},
        {"{\"format\": 1, \"format\": 1}", "duplicate"},
        {"{\"format\": 1, \"flags\": {\"lr\": 1}}", "key 'lr': a flag is no string"},
        {"{\"format\": 1, \"flags\": {}}", "key 'path': a string is missing"},
        {HEAD_JSON "\"columns\": []}", "key 'columns': a list is missing"},
        {HEAD_JSON "\"columns\": [3]}", "column 1: key 'name': a string is missing"},
        {HEAD_JSON "\"classes\": [\"x\", \"x\"], \"columns\": []}",
         "key 'classes': an entry is no string, or there twice"},
        {COLUMN_JSON("\"kind\": \"other\""), "column 1: key 'kind': is neither numeric nor categorical"},
        {COLUMN_JSON("\"kind\": \"numeric\", \"mean\": \"1\", \"deviation\": 0.5"),
         "key 'mean': a number is missing"},
        {COLUMN_JSON("\"kind\": \"numeric\", \"mean\": 1, \"deviation\": -1"),
         "key 'deviation': is no deviation"},
        {COLUMN_JSON("\"kind\": \"categorical\", \"categories\": 5, \"missing_category\": true"),
         "key 'categories': a list of at most 1,000 strings is missing"},
    };
    for (size_t i = 0; i < LEAT_LEN(rows); i++) {
        char path[128];
        leat_run_info r;
        snprintf(path, sizeof path, "%s/train.json", check_temp_dir());
        REQUIRE_OK(leat_file_replace(path, rows[i].text, strlen(rows[i].text), false));
        leat_status st = leat_run_info_read(&r, path);
        if (rows[i].error == NULL) {
            CHECK_OK(st);
        } else {
            CHECK(st == LEAT_ERR_DATA_LOSS || st == LEAT_ERR_UNIMPLEMENTED);
            CHECK_FAILS(st, st, rows[i].error);
            CHECK_FAILS(st, st, path);
        }
        leat_run_info_free(&r);
    }
}

LEAT_TEST(run_info_survives_faults)
{
    static const leat_fault_kind kinds[] = {LEAT_FAULT_ALLOC, LEAT_FAULT_OPEN, LEAT_FAULT_WRITE,
                                            LEAT_FAULT_READ,  LEAT_FAULT_SYNC, LEAT_FAULT_RENAME};
    char path[128];
    snprintf(path, sizeof path, "%s/train.json", check_temp_dir());
    leat_data *d = open_text(mixed, mixed_options);
    for (size_t k = 0; k < LEAT_LEN(kinds); k++) {
        int failures = 0;
        EACH_FAULT (f, kinds[k], kinds[k] == LEAT_FAULT_ALLOC ? 12 : 5) {
            leat_run_info r = {0}, back = {0};
            fault_start(&f);
            leat_status st = make_info(&r, d, "0.1");
            if (st == LEAT_OK)
                st = leat_run_info_write(&r, path);
            if (st == LEAT_OK)
                st = leat_run_info_read(&back, path);
            if (st == LEAT_OK)
                st = leat_run_info_same(&r, &back, path);
            /* jansson may do without an allocation: then the files are still the same. */
            bool may_fail = fault_end(&f) && (st == LEAT_ERR_NO_MEMORY || st == LEAT_ERR_IO);
            CHECK(st == LEAT_OK || may_fail);
            failures += st != LEAT_OK;
            leat_run_info_free(&r);
            leat_run_info_free(&back);
        }
        CHECK(failures > 0);
    }
    leat_data_free(d);
}
