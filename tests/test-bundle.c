#include "config.h"
#include "check.h"
#include "bundle-copy.h"
#include "base/fault-private.h"
#include "engine/files/checkpoint-private.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *in_dir(const char *dir, const char *name)
{
    static char paths[8][4200];
    static unsigned next;
    char *p = paths[next++ % 8];
    snprintf(p, sizeof paths[0], "%s/%s", dir, name);
    return p;
}

static bool same_files(const char *a, const char *b)
{
    leat_buf x = {0}, y = {0};
    bool same = leat_file_read_all(a, 0, &x) == LEAT_OK && leat_file_read_all(b, 0, &y) == LEAT_OK &&
                x.size == y.size && memcmp(x.data, y.data, x.size) == 0;
    leat_buf_free(&x);
    leat_buf_free(&y);
    return same;
}

/* ---- TensorFlow's own checkpoints ---- */

/* What is listed must be what tf.train.load_checkpoint listed. */
static void compare_listing(const char *text, json_t *expected)
{
    json_error_t error;
    json_t *got = json_loads(text, 0, &error);
    json_t *want_tensors = json_object_get(expected, "tensors"), *tensors = json_object_get(got, "tensors"),
           *want;
    size_t i;
    CHECK(json_array_size(tensors) == json_array_size(want_tensors) && json_array_size(tensors) > 0);
    json_array_foreach(want_tensors, i, want)
    {
        json_t *t = json_array_get(tensors, i);
        CHECK(json_equal(json_object_get(t, "name"), json_object_get(want, "name")));
        CHECK((json_object_get(t, "error") != NULL) == (json_object_get(want, "error") != NULL));
        if (json_object_get(want, "error") != NULL)
            continue;
        CHECK(json_equal(json_object_get(t, "dtype"), json_object_get(want, "dtype")));
        CHECK(json_equal(json_object_get(t, "shape"), json_object_get(want, "shape")));
        CHECK_STR(json_string_value(json_object_get(t, "sha256")),
                  json_string_value(json_object_get(want, "sha256")));
    }
    json_decref(got);
}

LEAT_TEST(fixtures_are_listed)
{
    const char *shared = check_shared_path("fixtures/checkpoints");
    if (shared == NULL)
        SKIP("no fixtures here");
    char top[4096], prefix[5000];
    snprintf(top, sizeof top, "%s", shared);
    leat_dir_entry *entries;
    size_t count;
    REQUIRE_OK(leat_dir_list(top, &entries, &count));
    for (size_t i = 0; i < count; i++) {
        if (!entries[i].is_dir)
            continue;
        json_error_t error;
        snprintf(prefix, sizeof prefix, "%s/%s/expected.json", top, entries[i].name);
        json_t *expected = json_load_file(prefix, 0, &error);
        REQUIRE(expected != NULL);
        snprintf(prefix, sizeof prefix, "%s/%s/%s", top, entries[i].name,
                 json_string_value(json_object_get(expected, "prefix")));
        leat_buf text = {0};
        leat_listing_count counts;
        CHECK_OK(leat_checkpoint_list(prefix, &(leat_listing){.json = true, .verify = true}, &text, &counts));
        CHECK(counts.shards == json_integer_value(json_object_get(expected, "shards")));
        CHECK(counts.tensors == (size_t)json_integer_value(json_object_get(expected, "tensors_n")));
        if (text.data != NULL)
            compare_listing(text.data, expected);
        leat_buf_free(&text);
        json_decref(expected);
    }
    CHECK(count > 0);
    leat_dir_free(entries, count);
}

/* A checkpoint read and written again is the same. */
LEAT_TEST(fixtures_copied_are_the_same_bytes)
{
    static const char *const names[] = {"many_2000", "mixed_dtypes", "sharded_2", "object_based"};
    if (check_shared_path("fixtures/checkpoints") == NULL)
        SKIP("no fixtures here");
    for (size_t i = 0; i < LEAT_LEN(names); i++) {
        char from[4200], name[300];
        const char *dir = check_temp_dir();
        snprintf(from, sizeof from, "%s", check_shared_path("fixtures/checkpoints"));
        snprintf(from + strlen(from), 100, "/%s/model", names[i]);
        REQUIRE_OK(bundle_copy(from, in_dir(dir, "model"), &(bundle_copy_options){0}));
        leat_dir_entry *entries;
        size_t count, files = 0;
        char *of = leat_path_dir(from);
        REQUIRE_OK(leat_dir_list(of, &entries, &count));
        for (size_t k = 0; k < count; k++)
            if (strstr(entries[k].name, ".data-") != NULL || strstr(entries[k].name, ".index") != NULL) {
                snprintf(name, sizeof name, "%s", entries[k].name);
                CHECK(same_files(in_dir(of, name), in_dir(dir, name)));
                files++;
            }
        CHECK(files >= 2);
        leat_dir_free(entries, count);
        leat_free(of);
    }
}

/* ---- round trips ---- */

#define ALL                                                                                                  \
    (leat_bundle_extent)                                                                                     \
    {                                                                                                        \
        0, -1                                                                                                \
    }

static leat_status add_numbers(leat_bundle_writer *w, const char *name, int dtype, int rank,
                               const int64_t *dims, const void *data)
{
    return leat_bundle_writer_add(
        w, &(leat_bundle_tensor){.name = name, .dtype = dtype, .rank = rank, .dims = dims, .data = data});
}

static void fill(uint8_t *bytes, size_t n, unsigned seed)
{
    for (size_t i = 0; i < n; i++)
        bytes[i] = (uint8_t)((seed = seed * 1103515245u + 12345u) >> 16);
}

LEAT_TEST(every_dtype_round_trips)
{
    static const int64_t shapes[][4] = {{0}, {7, 0}, {3, 5, 0}, {0, 4, 0}, {2, 1, 3, 2}};
    static const int ranks[] = {0, 1, 2, 2, 4};
    static const int64_t counts[] = {1, 7, 15, 0, 12};
    static const leat_bytes strings[15] = {
        {"", 0}, {"hello", 5}, {"a\0b", 3}, {"caf\xc3\xa9", 5}, {"\xff\xfe", 2}};
    for (int snappy = 0; snappy < 2; snappy++) {
        const char *prefix = in_dir(check_temp_dir(), "model.ckpt");
        uint8_t bytes[15 * 16], got[15 * 16];
        leat_bundle_writer *w;
        leat_bundle *b;
        leat_bundle_entry e = {0};
        REQUIRE_OK(leat_bundle_writer_open(&w, prefix, &(leat_bundle_options){.snappy = snappy}));
        for (int dtype = 1; dtype <= 33; dtype++)
            for (int s = 0; s < 5; s++) {
                const leat_data_type *type = leat_data_type_find(dtype);
                char name[64];
                snprintf(name, sizeof name, "%s/%d", type->name, s);
                fill(bytes, sizeof bytes, (unsigned)(dtype * 10 + s));
                if (type->size > 0)
                    CHECK_OK(add_numbers(w, name, dtype, ranks[s], shapes[s], bytes));
                else if (dtype == LEAT_DATA_TYPE_STRING)
                    CHECK_OK(leat_bundle_writer_add(w, &(leat_bundle_tensor){.name = name,
                                                                             .dtype = dtype,
                                                                             .rank = ranks[s],
                                                                             .dims = shapes[s],
                                                                             .strings = strings}));
            }
        REQUIRE_OK(leat_bundle_writer_commit(w));
        REQUIRE_OK(leat_bundle_open(&b, prefix));
        for (int dtype = 33; dtype >= 1; dtype--)
            for (int s = 0; s < 5; s++) {
                const leat_data_type *type = leat_data_type_find(dtype);
                char name[64];
                snprintf(name, sizeof name, "%s/%d", type->name, s);
                if (type->size == 0 && dtype != LEAT_DATA_TYPE_STRING)
                    continue;
                REQUIRE_OK(leat_bundle_find(b, name, strlen(name), &e));
                CHECK(e.meta.dtype == dtype && e.meta.rank == ranks[s] && e.elements == counts[s]);
                CHECK(memcmp(e.meta.dims, shapes[s], (size_t)ranks[s] * 8) == 0);
                size_t n = (size_t)counts[s] * type->size;
                if (type->size > 0) {
                    fill(bytes, sizeof bytes, (unsigned)(dtype * 10 + s));
                    CHECK_OK(leat_bundle_read(b, &e, NULL, got, n));
                    CHECK(memcmp(got, bytes, n) == 0);
                    CHECK_FAILS(leat_bundle_read(b, &e, NULL, got, n + 1), LEAT_ERR_INVALID_ARGUMENT,
                                "buffer");
                } else {
                    leat_bytes back[15];
                    leat_arena arena = {0};
                    CHECK_OK(leat_bundle_read_strings(b, &e, NULL, back, counts[s], &arena));
                    for (int64_t i = 0; i < counts[s]; i++)
                        CHECK(back[i].size == strings[i].size &&
                              memcmp(back[i].data, strings[i].size > 0 ? strings[i].data : "",
                                     back[i].size) == 0);
                    CHECK_FAILS(leat_bundle_read(b, &e, NULL, got, 0), LEAT_ERR_INVALID_ARGUMENT, "string");
                    leat_arena_free(&arena);
                }
            }
        CHECK_FAILS(leat_bundle_find(b, "float32", 7, &e), LEAT_ERR_NOT_FOUND, "no tensor 'float32'");
        CHECK_FAILS(leat_bundle_find(b, "", 0, &e), LEAT_ERR_NOT_FOUND, "no tensor ''");
        CHECK_FAILS(leat_bundle_find(b, "zzz", 3, &e), LEAT_ERR_NOT_FOUND, "no tensor 'zzz'");
        CHECK(!e.valid);
        leat_bundle_entry_free(&e);
        leat_bundle_close(b);
    }
}

/* Element (i, j, k) of the tensor of this test is 10000 i + 100 j + k. */
static int32_t element(int64_t i, int64_t j, int64_t k)
{
    return (int32_t)(10000 * i + 100 * j + k);
}

static void make_block(const leat_bundle_extent x[3], int32_t *to)
{
    for (int64_t i = 0; i < x[0].length; i++)
        for (int64_t j = 0; j < x[1].length; j++)
            for (int64_t k = 0; k < x[2].length; k++)
                *to++ = element(x[0].start + i, x[1].start + j, x[2].start + k);
}

LEAT_TEST(slices_and_regions)
{
    static const int64_t dims[] = {6, 5, 4};
    static const leat_bundle_extent slices[][3] = {
        {{0, 2}, {0, 5}, {0, 4}}, {{2, 4}, {0, 3}, {0, 1}}, {{2, 4}, {0, 3}, {1, 3}},
        {{2, 1}, {3, 2}, {0, 4}}, {{3, 3}, {3, 1}, {0, 4}}, {{3, 3}, {4, 1}, {0, 4}},
    };
    static const leat_bundle_extent regions[][3] = {
        {{0, 6}, {0, 5}, {0, 4}}, {{1, 3}, {2, 2}, {1, 2}}, {{2, 4}, {0, 3}, {1, 3}},
        {{5, 1}, {4, 1}, {3, 1}}, {{0, 6}, {2, 1}, {0, 4}}, {{3, 0}, {0, 5}, {0, 4}},
        {{0, 2}, {0, 5}, {0, 4}},
    };
    int32_t block[120], got[120];
    leat_bytes strings[120];
    const char *prefix = in_dir(check_temp_dir(), "m");
    leat_bundle_writer *w;
    leat_bundle *b;
    leat_bundle_entry e = {0};
    REQUIRE_OK(leat_bundle_writer_open(&w, prefix, &(leat_bundle_options){.shards = 2}));
    make_block(regions[0], block);
    CHECK_OK(add_numbers(w, "whole", LEAT_DATA_TYPE_INT32, 3, dims, block));
    for (size_t i = 0; i < LEAT_LEN(slices); i++) {
        make_block(slices[i], block);
        leat_bundle_tensor t = {.name = "parts",
                                .dtype = LEAT_DATA_TYPE_INT32,
                                .rank = 3,
                                .dims = dims,
                                .slice = slices[i],
                                .data = block,
                                .shard = (int)(i % 2)};
        CHECK_OK(leat_bundle_writer_add(w, &t));
        for (int64_t k = 0; k < slices[i][0].length * slices[i][1].length * slices[i][2].length; k++)
            strings[k] = (leat_bytes){(const char *)&block[k], 4};
        t.name = "strings";
        t.dtype = LEAT_DATA_TYPE_STRING;
        t.strings = strings;
        CHECK_OK(leat_bundle_writer_add(w, &t));
    }
    REQUIRE_OK(leat_bundle_writer_commit(w));
    REQUIRE_OK(leat_bundle_open(&b, prefix));
    for (size_t i = 0; i < LEAT_LEN(regions); i++) {
        size_t n = (size_t)(regions[i][0].length * regions[i][1].length * regions[i][2].length);
        make_block(regions[i], block);
        for (int which = 0; which < 2; which++) {
            const char *name = which ? "whole" : "parts";
            memset(got, 0xcc, sizeof got);
            REQUIRE_OK(leat_bundle_find(b, name, 5, &e));
            CHECK_OK(leat_bundle_read(b, &e, regions[i], got, n * 4));
            CHECK(memcmp(got, block, n * 4) == 0);
        }
        leat_arena arena = {0};
        REQUIRE_OK(leat_bundle_find(b, "strings", 7, &e));
        CHECK_OK(leat_bundle_read_strings(b, &e, regions[i], strings, (int64_t)n, &arena));
        for (size_t k = 0; k < n; k++)
            CHECK(strings[k].size == 4 && memcmp(strings[k].data, &block[k], 4) == 0);
        leat_arena_free(&arena);
    }
    CHECK_OK(leat_bundle_find(b, "parts", 5, &e));
    CHECK(e.meta.slices == LEAT_LEN(slices) && e.elements == 120);
    static const leat_bundle_extent outside[] = {{0, 6}, {4, 2}, {0, 4}};
    CHECK_FAILS(leat_bundle_read(b, &e, outside, got, 192), LEAT_ERR_INVALID_ARGUMENT, "reaches out");
    leat_bundle_entry_free(&e);
    leat_bundle_close(b);
    leat_buf text = {0};
    leat_listing_count counts;
    CHECK_OK(leat_checkpoint_list(prefix, &(leat_listing){.verify = true}, &text, &counts));
    CHECK_STR(text.data, "parts  int32[6,5,4]  6 slices  ok\nstrings  string[6,5,4]  6 slices  ok\n"
                         "whole  int32[6,5,4]  ok\n3 tensors, 360 elements, 2 data files\n");
    leat_buf_free(&text);
}

/* The keys of slices, as TensorFlow's ordered code writes them. */
LEAT_TEST(slice_keys)
{
    static const struct {
        const char *name;
        int64_t start, length;
        const char *key;
        size_t size;
    } rows[] = {
        {"a", 0, -1, "\0a\0\1\1\1\x80\x7f", 8},
        {"a", 3, 4, "\0a\0\1\1\1\x83\x84", 8},
        {"\xff", 63, 64, "\0\xff\0\0\1\1\1\xbf\xc0\x40", 10},
        {"", 8191, 8192, "\0\0\1\1\1\xdf\xff\xe0\x20\x00", 10},
        {"", (int64_t)1 << 40, INT64_MAX, "\0\0\1\1\1\xfd\0\0\0\0\0\xff\xc0\x7f\xff\xff\xff\xff\xff\xff\xff",
         21},
    };
    for (size_t i = 0; i < LEAT_LEN(rows); i++) {
        leat_buf key = {0};
        leat_bundle_slice_key(&key, rows[i].name, strlen(rows[i].name), 1,
                              &(leat_bundle_extent){rows[i].start, rows[i].length});
        CHECK(key.size == rows[i].size && memcmp(key.data, rows[i].key, key.size) == 0);
        leat_buf_free(&key);
    }
}

/* Several threads read these; what is wrong in the share of any is told. */
LEAT_TEST(large_tensors)
{
    enum { COUNT = 5 * 1024 * 1024 + 77 };
    static const int64_t dims[] = {COUNT};
    static const size_t places[] = {0, COUNT, 2 * (size_t)COUNT + 5, 4 * (size_t)COUNT - 1};
    const char *prefix = in_dir(check_temp_dir(), "m");
    char data[4300];
    snprintf(data, sizeof data, "%s.data-00000-of-00001", prefix);
    uint8_t *bytes = malloc(COUNT * 4), *back = malloc(COUNT * 4);
    fill(bytes, (size_t)COUNT * 4, 1);
    leat_bundle_writer *w;
    leat_bundle *b;
    leat_bundle_entry e = {0};
    REQUIRE_OK(leat_bundle_writer_open(&w, prefix, NULL));
    CHECK_OK(add_numbers(w, "x", LEAT_DATA_TYPE_FLOAT, 1, dims, bytes));
    REQUIRE_OK(leat_bundle_writer_commit(w));
    REQUIRE_OK(leat_bundle_open(&b, prefix));
    REQUIRE_OK(leat_bundle_find(b, "x", 1, &e));
    CHECK_OK(leat_bundle_read(b, &e, NULL, back, (size_t)COUNT * 4));
    CHECK(memcmp(bytes, back, (size_t)COUNT * 4) == 0);
    FILE *f = fopen(data, "r+b");
    REQUIRE(f != NULL);
    for (size_t i = 0; i < LEAT_LEN(places); i++) {
        for (int undo = 0; undo < 2; undo++) {
            fseek(f, (long)places[i], SEEK_SET);
            fputc(bytes[places[i]] ^ (undo ? 0 : 1), f);
            fflush(f);
            leat_status status = leat_bundle_read(b, &e, NULL, back, (size_t)COUNT * 4);
            if (undo)
                CHECK_OK(status);
            else
                CHECK_FAILS(status, LEAT_ERR_DATA_LOSS, "tensor 'x': the checksum does not match");
        }
    }
    fclose(f);
    CHECK(truncate(data, 15 * 1024 * 1024) == 0);
    CHECK_FAILS(leat_bundle_read(b, &e, NULL, back, (size_t)COUNT * 4), LEAT_ERR_DATA_LOSS,
                "data-00000-of-00001:15728640: the file ends");
    leat_bundle_entry_free(&e);
    leat_bundle_close(b);
    free(bytes);
    free(back);
}

/* So many that threads share them; of several that are damaged the first is told, whoever reads it. */
LEAT_TEST(many_tensors_at_once)
{
    enum { COUNT = 300, FLOATS = 16 * 1024, BYTES = 4 * FLOATS };
    static const int64_t dims[] = {FLOATS};
    static leat_bundle_entry entries[COUNT];
    leat_bundle_item items[COUNT];
    const char *prefix = in_dir(check_temp_dir(), "m");
    char data[4300], name[16];
    snprintf(data, sizeof data, "%s.data-00000-of-00001", prefix);
    uint8_t *bytes = malloc(COUNT * BYTES), *back = calloc(COUNT, BYTES);
    fill(bytes, COUNT * BYTES, 1);
    leat_bundle_writer *w;
    leat_bundle *b;
    REQUIRE_OK(leat_bundle_writer_open(&w, prefix, NULL));
    for (int i = 0; i < COUNT; i++) {
        snprintf(name, sizeof name, "t%03d", i);
        CHECK_OK(add_numbers(w, name, LEAT_DATA_TYPE_FLOAT, 1, dims, bytes + (size_t)i * BYTES));
    }
    REQUIRE_OK(leat_bundle_writer_commit(w));
    REQUIRE_OK(leat_bundle_open(&b, prefix));
    for (int i = 0; i < COUNT; i++) {
        snprintf(name, sizeof name, "t%03d", i);
        REQUIRE_OK(leat_bundle_find(b, name, 4, &entries[i]));
        items[i] = leat_bundle_item_of(&entries[i], entries[i].name, back + (size_t)i * BYTES);
    }
    CHECK_OK(leat_bundle_read_all(b, items, COUNT));
    CHECK(memcmp(bytes, back, COUNT * BYTES) == 0);
    CHECK_OK(leat_bundle_read_all(b, items, 0));
    FILE *f = fopen(data, "r+b");
    REQUIRE(f != NULL);
    for (int i = 250; i > 0; i -= 100) { /* 250, 150, 50 */
        fseek(f, (long)i * BYTES + 9, SEEK_SET);
        fputc(bytes[(size_t)i * BYTES + 9] ^ 1, f);
        fflush(f);
        snprintf(name, sizeof name, "tensor 't%03d'", i);
        for (int again = 0; again < 5; again++)
            CHECK_FAILS(leat_bundle_read_all(b, items, COUNT), LEAT_ERR_DATA_LOSS, name);
    }
    fclose(f);
    for (int i = 0; i < COUNT; i++)
        leat_bundle_entry_free(&entries[i]);
    leat_bundle_close(b);
    free(bytes);
    free(back);
}

LEAT_TEST(shapes_and_slices_of_savers)
{
    static const struct {
        const char *text;
        int rank;
        leat_bundle_extent first, last;
        const char *wrong;
    } rows[] = {
        {"", -1, {0, 0}, {0, 0}, NULL},
        {"10 4 0,6:-", 2, {0, 6}, {0, -1}, NULL},
        {"7 -", 1, {0, -1}, {0, -1}, NULL},
        {"10 4 10,0:3,1", 2, {10, 0}, {3, 1}, NULL},
        {"10 4 5,6:-", 0, {0, 0}, {0, 0}, "reaches out"},
        {"10 4 0,6", 0, {0, 0}, {0, 0}, "fewer dimensions"},
        {"10 0,6:-", 0, {0, 0}, {0, 0}, "more dimensions"},
        {"-", 0, {0, 0}, {0, 0}, "more dimensions"},
        {"10 4", 0, {0, 0}, {0, 0}, "neither"},
        {"10  -", 0, {0, 0}, {0, 0}, "a dimension is no number"},
        {"-1 0,1", 0, {0, 0}, {0, 0}, "a dimension is no number"},
        {"99999999999999999999 -", 0, {0, 0}, {0, 0}, "a dimension is no number"},
        {"10 1,-1", 0, {0, 0}, {0, 0}, "neither"},
        {"10 1,1x", 0, {0, 0}, {0, 0}, "more dimensions"},
        {"10 9223372036854775807,1", 0, {0, 0}, {0, 0}, "reaches out"},
    };
    for (size_t i = 0; i < LEAT_LEN(rows); i++) {
        leat_bundle_spec s;
        leat_status status = leat_bundle_spec_parse(&s, rows[i].text, strlen(rows[i].text));
        if (rows[i].wrong != NULL) {
            CHECK_FAILS(status, LEAT_ERR_INVALID_ARGUMENT, rows[i].wrong);
            continue;
        }
        CHECK_OK(status);
        CHECK(s.rank == rows[i].rank);
        if (s.rank > 0) {
            CHECK(s.extents[0].start == rows[i].first.start && s.extents[0].length == rows[i].first.length);
            CHECK(s.extents[s.rank - 1].start == rows[i].last.start &&
                  s.extents[s.rank - 1].length == rows[i].last.length);
        }
    }
}
