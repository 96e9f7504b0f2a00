#include "config.h"
#include "check.h"
#include "faults.h"
#include "engine/files/npy-private.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char path[4096];

static const char *new_path(void)
{
    snprintf(path, sizeof path, "%s/a.npy", check_temp_dir());
    return path;
}

/* Writes a file of that header and values. */
static void make_file(int version, const char *header, const void *values, size_t bytes)
{
    uint8_t fixed[12] = {0x93, 'N', 'U', 'M', 'P', 'Y', (uint8_t)version, 0};
    size_t n = strlen(header);
    FILE *f = fopen(path, "wb");
    for (int i = 0; i < 4; i++)
        fixed[8 + i] = (uint8_t)(n >> (8 * i));
    fwrite(fixed, 1, version == 1 ? 10 : 12, f);
    fwrite(header, 1, n, f);
    fwrite(values, 1, bytes, f);
    fclose(f);
}

/* A header, `bytes` of values after it, and what must be said of it (NULL: it opens). Each bad row differs in one
 * thing from a good one. */
static const struct bad_row {
    const char *header;
    size_t bytes;
    leat_status status;
    const char *part;
} bad_rows[] = {
    {"{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }", 24, LEAT_OK, NULL},
    {"{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }", 23, LEAT_ERR_DATA_LOSS,
     "needs 24 bytes of values"},
    {"{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }", 25, LEAT_ERR_DATA_LOSS,
     "the file has 25"},
    {"{'descr': '<f4', 'fortran_order': False, 'shape': (2, -3), }", 24, LEAT_ERR_DATA_LOSS, "negative"},
    {"{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3.5), }", 24, LEAT_ERR_DATA_LOSS,
     ":65: the shape is no tuple"},
    {"{'descr': '<f4', 'fortran_order': False, 'shape': (6), }", 24, LEAT_ERR_DATA_LOSS, "no tuple"},
    {"{'descr': '<f4', 'fortran_order': False, 'shape': (6,), }", 24, LEAT_OK, NULL},
    {"{'descr': '<f4', 'fortran_order': False, 'shape': (6L,), }  \n", 24, LEAT_OK, NULL},
    {"{\"shape\":(6,),\"descr\":\"<f4\",\"fortran_order\":False}", 24, LEAT_OK, NULL},
    {"{'descr': '<f4', 'fortran_order': False, 'shape': (9223372036854775807, 2), }", 24, LEAT_ERR_DATA_LOSS,
     "more elements"},
    {"{'descr': '<f4', 'fortran_order': False, 'shape': (4611686018427387904,), }", 0, LEAT_ERR_DATA_LOSS,
     "more elements"},
    {"{'descr': '<f4', 'fortran_order': False, 'shape': (0, 4294967296, 4294967296), }", 0,
     LEAT_ERR_DATA_LOSS, "more elements"},
    {"{'descr': '<f4', 'fortran_order': False, 'shape': (0, 5), }", 0, LEAT_OK, NULL},
    {"{'descr': '<f4', 'fortran_order': False, 'shape': (9223372036854775808,), }", 24, LEAT_ERR_DATA_LOSS,
     "no 64-bit integer"},
    {"{'descr': '<f4', 'fortran_order': False, 'shape': (), }", 4, LEAT_OK, NULL},
    {"{'descr': '|O', 'fortran_order': False, 'shape': (1,), }", 8, LEAT_ERR_UNIMPLEMENTED, "Python objects"},
    {"{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,), }", 4, LEAT_ERR_DATA_LOSS,
     "structured"},
    {"{'descr': '<M8', 'fortran_order': False, 'shape': (1,), }", 8, LEAT_ERR_UNIMPLEMENTED, "'<M8'"},
    {"{'descr': '<f16', 'fortran_order': False, 'shape': (1,), }", 16, LEAT_ERR_UNIMPLEMENTED, "'<f16'"},
    {"{'descr': '|f4', 'fortran_order': False, 'shape': (1,), }", 4, LEAT_ERR_UNIMPLEMENTED, "'|f4'"},
    {"{'descr': 'f4', 'fortran_order': False, 'shape': (1,), }", 4, LEAT_ERR_DATA_LOSS, "none of NumPy's"},
    {"{'descr': '', 'fortran_order': False, 'shape': (1,), }", 4, LEAT_ERR_DATA_LOSS, "none of NumPy's"},
    {"{'descr': '|S99999999999', 'fortran_order': False, 'shape': (1,), }", 4, LEAT_ERR_UNIMPLEMENTED,
     "|S99999999999"},
    {"{'descr': '|S2147483647', 'fortran_order': False, 'shape': (4294967297,2), }", 4, LEAT_ERR_DATA_LOSS,
     "more elements"},
    {"{'descr': '|S0', 'fortran_order': False, 'shape': (0,), }", 0, LEAT_OK, NULL},
    {"{'descr': '|S0', 'fortran_order': False, 'shape': (3,), }", 0, LEAT_ERR_DATA_LOSS,
     "3 strings of no bytes"},
    {"{'descr': '<U0', 'fortran_order': False, 'shape': (4611686018427387904,), }", 0, LEAT_ERR_DATA_LOSS,
     "strings of no bytes"},
    {"{'descr': '<f4', 'fortran_order': 0, 'shape': (1,), }", 4, LEAT_ERR_DATA_LOSS,
     "neither True nor False"},
    {"{'descr': '<f4', 'fortran_order': False, }", 4, LEAT_ERR_DATA_LOSS, "lacks"},
    {"{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (1,), }", 4, LEAT_ERR_DATA_LOSS,
     "twice"},
    {"{'descr': '<f4', 'fortran_order': False, 'shape': (1,), 'x': 1}", 4, LEAT_ERR_DATA_LOSS, "unknown key"},
    {"{'descr': '<f4', 'fortran_order': False, 'shape': (1,), } import os", 4, LEAT_ERR_DATA_LOSS,
     "bytes follow"},
    {"{'descr': '<f4', 'fortran_order': False, 'shape': (1,), ", 4, LEAT_ERR_DATA_LOSS, "no dictionary"},
    {"", 4, LEAT_ERR_DATA_LOSS, "no dictionary"},
};

LEAT_TEST(npy_headers)
{
    const char values[64] = {0};
    new_path();
    for (size_t i = 0; i < LEAT_LEN(bad_rows); i++)
        for (int version = 1; version <= 3; version++) {
            const struct bad_row *r = &bad_rows[i];
            leat_npy n;
            /* offsets in `part` are those of version 1 */
            make_file(version, r->header, values, r->bytes);
            leat_status status = leat_npy_open(&n, path);
            if (r->part == NULL)
                CHECK_OK(status);
            else
                CHECK_FAILS(status, r->status, version == 1 || r->part[0] != ':' ? r->part : r->part + 4);
            leat_npy_close(&n);
        }
}

LEAT_TEST(npy_damaged_files)
{
    static const struct {
        const char *bytes;
        size_t size;
        leat_status status;
        const char *part;
    } rows[] = {
        {"", 0, LEAT_ERR_DATA_LOSS, ":0: not a .npy file"},
        {"\x93NUMPY\x01\0\x04", 9, LEAT_ERR_DATA_LOSS, ":0: not a .npy file"},
        {"\x93NUMPY\x09\0\x04\0{}  ", 14, LEAT_ERR_UNIMPLEMENTED, ":6: .npy format version 9"},
        {"\x93NUMPY\x01\0\x05\0{}  ", 14, LEAT_ERR_DATA_LOSS, ":8: the header claims 5 bytes"},
        {"\x93NUMPY\x02\0\xff\xff\xff\xff{}", 14, LEAT_ERR_DATA_LOSS,
         ":8: the header claims 4294967295 bytes"},
        {"\x93NUMPY\x02\0\x04\0", 10, LEAT_ERR_DATA_LOSS, ":8: the header claims"},
    };
    for (size_t i = 0; i < LEAT_LEN(rows); i++) {
        FILE *f = fopen(new_path(), "wb");
        fwrite(rows[i].bytes, 1, rows[i].size, f);
        fclose(f);
        leat_npy n;
        CHECK_FAILS(leat_npy_open(&n, path), rows[i].status, rows[i].part);
        leat_npy_close(&n);
    }
    leat_npy n;
    CHECK_FAILS(leat_npy_open(&n, "/proc/nonexistent.npy"), LEAT_ERR_NOT_FOUND, "/proc/nonexistent.npy");
    leat_npy_close(&n);
}

LEAT_TEST(npy_orders)
{
    leat_npy n;
    uint16_t got[24];
    static const uint16_t fortran[] = {1, 4, 2, 5, 3, 6};
    new_path();
    make_file(1, "{'descr': '<u2', 'fortran_order': True, 'shape': (2, 3), }", fortran, sizeof fortran);
    REQUIRE_OK(leat_npy_open(&n, path));
    REQUIRE_OK(leat_npy_read(&n, got));
    for (uint16_t i = 0; i < 6; i++)
        CHECK(got[i] == i + 1);
    CHECK_FAILS(leat_npy_read_part(&n, 0, 1, got), LEAT_ERR_UNIMPLEMENTED, "Fortran");
    leat_npy_close(&n);

    uint16_t cube[24]; /* element [i][j][k] of (2, 3, 4) is 12 i + 4 j + k */
    for (uint16_t i = 0; i < 2; i++)
        for (uint16_t j = 0; j < 3; j++)
            for (uint16_t k = 0; k < 4; k++)
                cube[i + 2 * j + 6 * k] = (uint16_t)((12 * i + 4 * j + k) << 8);
    make_file(1, "{'descr': '>u2', 'fortran_order': True, 'shape': (2, 3, 4), }", cube, sizeof cube);
    REQUIRE_OK(leat_npy_open(&n, path));
    REQUIRE_OK(leat_npy_read(&n, got));
    for (uint16_t i = 0; i < 24; i++)
        CHECK(got[i] == i);
    leat_npy_close(&n);
}

LEAT_TEST(npy_big_endian)
{
    static const struct {
        const char *descr;
        int dtype;
        size_t bytes;
        const char *stored, *native;
    } rows[] = {
        {">i2", LEAT_DATA_TYPE_INT16, 2, "\x01\x02", "\x02\x01"},
        {">f4", LEAT_DATA_TYPE_FLOAT, 4, "\x01\x02\x03\x04", "\x04\x03\x02\x01"},
        {">f8", LEAT_DATA_TYPE_DOUBLE, 8, "\x01\x02\x03\x04\x05\x06\x07\x08",
         "\x08\x07\x06\x05\x04\x03\x02\x01"},
        {">c8", LEAT_DATA_TYPE_COMPLEX64, 8, "\x01\x02\x03\x04\x05\x06\x07\x08",
         "\x04\x03\x02\x01\x08\x07\x06\x05"},
        {">u1", LEAT_DATA_TYPE_UINT8, 1, "\x05", "\x05"},
        {"=i4", LEAT_DATA_TYPE_INT32, 4, "\x01\x02\x03\x04", "\x01\x02\x03\x04"},
        {"<i1", LEAT_DATA_TYPE_INT8, 1, "\xff", "\xff"},
        {"|b1", LEAT_DATA_TYPE_BOOL, 1, "\x07", "\x01"},
        {"|V2", LEAT_DATA_TYPE_BFLOAT16, 2, "\x80\x3f", "\x80\x3f"},
    };
    new_path();
    for (size_t i = 0; i < LEAT_LEN(rows); i++) {
        char header[100], got[16];
        leat_npy n;
        snprintf(header, sizeof header, "{'descr': '%s', 'fortran_order': False, 'shape': (), }",
                 rows[i].descr);
        make_file(1, header, rows[i].stored, rows[i].bytes);
        if (CHECK_OK(leat_npy_open(&n, path))) {
            CHECK(n.dtype == rows[i].dtype && n.elements == 1);
            CHECK_OK(leat_npy_read(&n, got));
            CHECK(memcmp(got, rows[i].native, rows[i].bytes) == 0);
        }
        leat_npy_close(&n);
    }
}

LEAT_TEST(npy_strings)
{
    static const int64_t dims[] = {2, 2};
    static const leat_bytes strings[] = {{"hello", 5}, {"", 0}, {"a\0b", 3}, {"caf\xc3\xa9", 5}};
    leat_arena arena = {0};
    leat_bytes got[4];
    leat_npy n;
    REQUIRE_OK(leat_npy_write_strings(new_path(), 2, dims, strings));
    REQUIRE_OK(leat_npy_open(&n, path));
    CHECK(n.dtype == LEAT_DATA_TYPE_STRING && n.item_size == 5 && n.rank == 2 && n.elements == 4);
    REQUIRE_OK(leat_npy_read_strings(&n, got, &arena));
    for (size_t i = 0; i < 4; i++)
        CHECK(got[i].size == strings[i].size && memcmp(got[i].data, strings[i].data, got[i].size) == 0);
    CHECK_FAILS(leat_npy_read(&n, got), LEAT_ERR_INVALID_ARGUMENT, "strings");
    leat_npy_close(&n);

    static const uint32_t text[] = {'a', 0xe9, 0x4e2d, 0x1f600, 0, 0};
    make_file(3, "{'descr': '<U3', 'fortran_order': False, 'shape': (2,), }", text, sizeof text);
    REQUIRE_OK(leat_npy_open(&n, path));
    REQUIRE_OK(leat_npy_read_strings(&n, got, &arena));
    CHECK_STR(got[0].data, "a\xc3\xa9\xe4\xb8\xad");
    CHECK_STR(got[1].data, "\xf0\x9f\x98\x80");
    leat_npy_close(&n);

    static const uint32_t surrogate[] = {0xd800};
    make_file(1, "{'descr': '<U1', 'fortran_order': False, 'shape': (1,), }", surrogate, sizeof surrogate);
    REQUIRE_OK(leat_npy_open(&n, path));
    CHECK_FAILS(leat_npy_read_strings(&n, got, &arena), LEAT_ERR_DATA_LOSS, "no Unicode character");
    leat_npy_close(&n);
    leat_arena_free(&arena);

    REQUIRE_OK(leat_npy_write_strings(new_path(), 0, NULL, (const leat_bytes[]){{"", 0}}));
    REQUIRE_OK(leat_npy_open(&n, path));
    CHECK(n.item_size == 1); /* NumPy has no |S0 */
    leat_npy_close(&n);
}

/* What is written is what NumPy 1 and 2 write. */
LEAT_TEST(npy_bytes_written)
{
    static const int64_t dims[] = {3};
    static const float values[] = {1, 2, 3};
    leat_buf b = {0};
    REQUIRE_OK(leat_npy_write(new_path(), LEAT_DATA_TYPE_FLOAT, 1, dims, values));
    REQUIRE_OK(leat_file_read_all(path, 0, &b));
    static const char want[] =
        "\x93NUMPY\x01\0\x76\0{'descr': '<f4', 'fortran_order': False, 'shape': (3,), }";
    CHECK(b.size == 140 && memcmp(b.data, want, sizeof want - 1) == 0 && b.data[127] == '\n');
    CHECK(b.size == 140 && memcmp(b.data + 128, values, sizeof values) == 0);
    leat_buf_free(&b);
    CHECK_FAILS(leat_npy_write(path, LEAT_DATA_TYPE_QINT8, 1, dims, values), LEAT_ERR_UNIMPLEMENTED, "qint8");
    CHECK_FAILS(leat_npy_write(path, 0, 1, dims, values), LEAT_ERR_UNIMPLEMENTED, "no type");
    CHECK_FAILS(leat_npy_write("/proc/nonexistent/a.npy", 1, 1, dims, values), LEAT_ERR_NOT_FOUND,
                "/proc/nonexistent/a.npy");
    CHECK_FAILS(leat_npy_write(check_temp_dir(), 1, 1, dims, values), LEAT_ERR_INVALID_ARGUMENT,
                "is a directory");
}

LEAT_TEST(npy_parts)
{
    static const int64_t dims[] = {4, 2};
    static const int32_t values[] = {0, 1, 2, 3, 4, 5, 6, 7};
    int32_t got[8] = {0};
    leat_npy n;
    REQUIRE_OK(leat_npy_write(new_path(), LEAT_DATA_TYPE_INT32, 2, dims, values));
    REQUIRE_OK(leat_npy_open(&n, path));
    CHECK_OK(leat_npy_read_part(&n, 4, 3, got));
    CHECK(got[0] == 4 && got[2] == 6 && got[3] == 0);
    CHECK_FAILS(leat_npy_read_part(&n, 6, 3, got), LEAT_ERR_OUT_OF_RANGE, "6 to 9 of 8");
    CHECK_FAILS(leat_npy_read_part(&n, -1, 3, got), LEAT_ERR_OUT_OF_RANGE, "");
    leat_npy_close(&n);
}

/* A file under test is written, or fails to be, under each failure once; an older file of that name stays whole. */
LEAT_TEST(npy_faults)
{
    static const leat_fault_kind kinds[] = {LEAT_FAULT_ALLOC, LEAT_FAULT_OPEN,   LEAT_FAULT_WRITE,
                                            LEAT_FAULT_SHORT, LEAT_FAULT_RENAME, LEAT_FAULT_CLOSE};
    static const int64_t dims[] = {2};
    static const leat_bytes strings[] = {{"old", 3}, {"", 0}}, newer[] = {{"newer", 5}, {"x", 1}};
    new_path();
    for (size_t k = 0; k < LEAT_LEN(kinds); k++)
        EACH_FAULT (f, kinds[k], kinds[k] == LEAT_FAULT_ALLOC ? ENOMEM : ENOSPC) {
            REQUIRE_OK(leat_npy_write_strings(path, 1, dims, strings));
            fault_start(&f);
            leat_status status = leat_npy_write_strings(path, 1, dims, newer);
            CHECK(!fault_end(&f) || kinds[k] == LEAT_FAULT_SHORT || status != LEAT_OK);
            leat_npy n;
            leat_arena arena = {0};
            leat_bytes got[2];
            REQUIRE_OK(leat_npy_open(&n, path));
            REQUIRE_OK(leat_npy_read_strings(&n, got, &arena));
            CHECK_STR(got[0].data, status == LEAT_OK ? "newer" : "old");
            leat_npy_close(&n);
            leat_arena_free(&arena);
            leat_dir_entry *entries;
            size_t count;
            char *dir = leat_path_dir(path);
            REQUIRE_OK(leat_dir_list(dir, &entries, &count));
            CHECK(count == 1);
            leat_dir_free(entries, count);
            leat_free(dir);
        }
}

LEAT_TEST(npy_read_faults)
{
    static const uint32_t text[] = {'a', 'b', 'c', 'd'};
    new_path();
    make_file(2, "{'descr': '<U2', 'fortran_order': True, 'shape': (2,1), }", text, sizeof text);
    static const leat_fault_kind kinds[] = {LEAT_FAULT_ALLOC, LEAT_FAULT_OPEN, LEAT_FAULT_READ,
                                            LEAT_FAULT_SHORT, LEAT_FAULT_EINTR};
    for (size_t k = 0; k < LEAT_LEN(kinds); k++)
        EACH_FAULT (f, kinds[k], kinds[k] == LEAT_FAULT_ALLOC ? ENOMEM : EIO) {
            leat_npy n;
            leat_arena arena = {0};
            leat_bytes got[2];
            fault_start(&f);
            leat_status status = leat_npy_open(&n, path);
            if (status == LEAT_OK)
                status = leat_npy_read_strings(&n, got, &arena);
            CHECK(!fault_end(&f) || k > 2 || status != LEAT_OK);
            CHECK(status == LEAT_OK || leat_message()[0] != 0);
            leat_npy_close(&n);
            leat_arena_free(&arena);
        }
}

/* Every array that NumPy wrote for the fixtures reads, and comes back with the same values when written. */
LEAT_TEST(npy_fixtures)
{
    const char *cases = check_shared_path("fixtures/cases");
    if (cases == NULL)
        SKIP("no fixtures here");
    char command[4200], name[4096];
    snprintf(command, sizeof command, "find '%s' -name '*.npy'", cases);
    FILE *list = popen(command, "r");
    REQUIRE(list != NULL);
    size_t count = 0;
    new_path();
    while (fgets(name, sizeof name, list) != NULL) {
        leat_npy n, again;
        name[strcspn(name, "\n")] = 0;
        count++;
        if (!CHECK_OK(leat_npy_open(&n, name))) {
            leat_npy_close(&n);
            continue;
        }
        size_t bytes = (size_t)n.elements * n.item_size;
        char *values = calloc(bytes + 1, 1), *back = calloc(bytes + 1, 1);
        if (n.dtype == LEAT_DATA_TYPE_STRING) {
            leat_arena arena = {0};
            leat_bytes *strings = calloc((size_t)n.elements + 1, sizeof *strings);
            CHECK_OK(leat_npy_read_strings(&n, strings, &arena));
            CHECK_OK(leat_npy_write_strings(path, n.rank, n.dims, strings));
            leat_arena_free(&arena);
            free(strings);
            CHECK_OK(leat_file_read_at(&n.file, n.data_offset, values, bytes));
        } else {
            CHECK_OK(leat_npy_read(&n, values));
            CHECK_OK(leat_npy_write(path, n.dtype, n.rank, n.dims, values));
        }
        if (CHECK_OK(leat_npy_open(&again, path)) && again.item_size == n.item_size) {
            CHECK(again.dtype == n.dtype && again.elements == n.elements && again.rank == n.rank);
            CHECK_OK(leat_file_read_at(&again.file, again.data_offset, back, bytes));
            CHECK(memcmp(values, back, bytes) == 0);
        } else {
            CHECK(n.dtype == LEAT_DATA_TYPE_STRING);
        }
        leat_npy_close(&again);
        leat_npy_close(&n);
        free(values);
        free(back);
    }
    pclose(list);
    CHECK(count > 100);
}
