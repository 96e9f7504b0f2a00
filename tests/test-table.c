#include "config.h"
#include "check.h"
#include "engine/files/table-private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char path[4096];

static void write_bytes(const void *bytes, size_t n)
{
    snprintf(path, sizeof path, "%s/t.index", check_temp_dir());
    FILE *f = fopen(path, "wb");
    fwrite(bytes, 1, n, f);
    fclose(f);
}

/* Keys of many lengths, some the prefix of others, some with bytes 0x00 and 0xff. */
static size_t make_key(size_t i, char key[64])
{
    size_t n = (size_t)snprintf(key, 64, "scope_%03zu/layer_%02zu/w%s", i / 100, i % 100,
                                i % 3 == 0 ? "/long_suffix" : "");
    if (i % 7 == 0)
        key[n - 1] = (char)0xff;
    return i == 0 ? 0 : n;
}

LEAT_TEST(table_round_trips)
{
    static const size_t counts[] = {0, 1, 2, 16, 17, 5000};
    static const size_t limits[] = {1, 300, LEAT_TABLE_BLOCK_SIZE};
    for (size_t c = 0; c < LEAT_LEN(counts); c++)
        for (size_t l = 0; l < 2 * LEAT_LEN(limits); l++) {
            leat_table_builder b;
            leat_table_builder_init(&b);
            b.limit = limits[l / 2];
            b.snappy = l % 2;
            char key[64], value[32];
            for (size_t i = 0; i < counts[c]; i++) {
                size_t n = make_key(i, key);
                CHECK_OK(
                    leat_table_builder_add(&b, key, n, value, (size_t)snprintf(value, 32, "value %zu", i)));
            }
            REQUIRE_OK(leat_table_builder_finish(&b));
            write_bytes(b.file.data, b.file.size);
            leat_table_builder_free(&b);

            leat_table *t = NULL;
            leat_table_cursor at = {0};
            REQUIRE_OK(leat_table_open(&t, path));
            REQUIRE_OK(leat_table_verify_rest(t));
            REQUIRE_OK(leat_table_seek(t, &at, "", 0));
            size_t seen = 0;
            for (; at.valid; seen++) {
                size_t n = make_key(seen, key);
                snprintf(value, 32, "value %zu", seen);
                CHECK(at.key.size == n && memcmp(at.key.data, key, n) == 0 &&
                      strcmp(at.value.data, value) == 0);
                REQUIRE_OK(leat_table_next(t, &at));
            }
            CHECK(seen == counts[c]);
            for (size_t i = 0; i < counts[c]; i += 1 + counts[c] / 50) {
                size_t n = make_key(i, key);
                REQUIRE_OK(leat_table_seek(t, &at, key, n));
                snprintf(value, 32, "value %zu", i);
                CHECK(at.valid && strcmp(at.value.data, value) == 0);
                key[n] = 0; /* one byte more: the next key */
                REQUIRE_OK(leat_table_seek(t, &at, key, n + 1));
                snprintf(value, 32, "value %zu", i + 1);
                CHECK(i + 1 == counts[c] ? !at.valid : at.valid && strcmp(at.value.data, value) == 0);
            }
            REQUIRE_OK(leat_table_seek(t, &at, "\xff\xff", 2));
            CHECK(!at.valid);
            leat_table_cursor_free(&at);
            leat_table_close(t);
        }
}

LEAT_TEST(table_builder_wants_order)
{
    leat_table_builder b;
    leat_table_builder_init(&b);
    CHECK_OK(leat_table_builder_add(&b, "b", 1, "", 0));
    CHECK_FAILS(leat_table_builder_add(&b, "b", 1, "", 0), LEAT_ERR_INVALID_ARGUMENT,
                "'b' does not follow 'b'");
    CHECK_FAILS(leat_table_builder_add(&b, "a", 1, "", 0), LEAT_ERR_INVALID_ARGUMENT,
                "'a' does not follow 'b'");
    CHECK_OK(leat_table_builder_add(&b, "b\0", 2, "", 0));
    leat_table_builder_free(&b);
}

/* The builder makes byte for byte what TensorFlow made of the same entries. */
LEAT_TEST(table_as_tensorflow_writes_it)
{
    static const char *const names[] = {"many_2000", "mixed_dtypes", "partitioned", "sharded_2",
                                        "object_based"};
    if (check_shared_path("fixtures/checkpoints") == NULL)
        SKIP("no fixtures here");
    for (size_t i = 0; i < LEAT_LEN(names); i++) {
        char name[100];
        snprintf(name, sizeof name, "fixtures/checkpoints/%s/model.index", names[i]);
        leat_table *t;
        leat_table_cursor at = {0};
        leat_table_builder b;
        leat_table_builder_init(&b);
        const char *file = check_shared_path(name);
        REQUIRE(file != NULL);
        REQUIRE_OK(leat_table_open(&t, file));
        REQUIRE_OK(leat_table_verify_rest(t));
        REQUIRE_OK(leat_table_seek(t, &at, "", 0));
        while (at.valid) {
            REQUIRE_OK(leat_table_builder_add(&b, at.key.data, at.key.size, at.value.data, at.value.size));
            REQUIRE_OK(leat_table_next(t, &at));
        }
        REQUIRE_OK(leat_table_builder_finish(&b));
        leat_buf whole = {0};
        REQUIRE_OK(leat_file_read_all(file, 0, &whole));
        CHECK(whole.size == b.file.size && memcmp(whole.data, b.file.data, whole.size) == 0);
        leat_buf_free(&whole);
        leat_table_builder_free(&b);
        leat_table_cursor_free(&at);
        leat_table_close(t);
    }
}
