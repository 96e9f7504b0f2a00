/* test-data-tables.c - what tables are read, what is refused and how it is said. */
#include "data-made.h"
#include "tools/data/dataset-private.h"

/* All rows as text: names in the first line, then fields in brackets. */
static leat_status show(const char *path, leat_buf *out)
{
    leat_data_table t;
    leat_status st = leat_data_table_open(&t, path);
    for (size_t i = 0; st == LEAT_OK && i < t.n_columns; i++)
        leat_buf_printf(out, "<%s>", t.columns[i]);
    for (bool end = false; st == LEAT_OK && !end;) {
        st = leat_data_table_next(&t, &end);
        if (st != LEAT_OK || end)
            break;
        leat_buf_printf(out, " %llu:", (unsigned long long)t.row.line);
        for (size_t i = 0; i < t.n_columns; i++) {
            leat_buf_putc(out, '[');
            if (t.cells[i].text == NULL)
                leat_buf_printf(out, "%g", t.cells[i].number);
            leat_buf_append(out, t.cells[i].text, t.cells[i].size);
            leat_buf_putc(out, ']');
        }
    }
    leat_data_table_close(&t);
    return st;
}

LEAT_TEST(csv_tables)
{
    static const struct {
        const char *content;
        size_t size;
        const char *want, *error; /* one of the two; the error without the path */
    } rows[] = {
        {TEXT("a,b\n1,2\n3,4\n"), "<a><b> 2:[1][2] 3:[3][4]", NULL},
        {TEXT("a,b\n1,2\n3,4"), "<a><b> 2:[1][2] 3:[3][4]", NULL},
        {TEXT("a,b\r\n1,2\r\n3,4\r\n"), "<a><b> 2:[1][2] 3:[3][4]", NULL},
        {TEXT("a,b\r\n1,2\r\n\"3\",4\r"), "<a><b> 2:[1][2] 3:[3][4]", NULL},
        {TEXT("\xef\xbb\xbf"
              "a,b\n1,2\n"),
         "<a><b> 2:[1][2]", NULL},
        {TEXT("\xef\xbb\xbf\"a\",b\n1,2\n"), "<a><b> 2:[1][2]", NULL},
        {TEXT("城市,価格\n北京,2\n"), "<城市><価格> 2:[北京][2]", NULL},
        {TEXT("a,b\n\"1\",\"x, y\"\n"), "<a><b> 2:[1][x, y]", NULL},
        {TEXT("a,b\n\"\",\"say \"\"hi\"\"\"\n"), "<a><b> 2:[][say \"hi\"]", NULL},
        {TEXT("a,b\n\"one\ntwo\r\nthree\",2\n4,5\n"), "<a><b> 2:[one\ntwo\r\nthree][2] 5:[4][5]", NULL},
        {TEXT("\"a\nb\",c\n1,2\n"), "<a\nb><c> 3:[1][2]", NULL},
        {TEXT("a , b\n 1 ,\t2\t\n\" 3 \" , 4\n"), "<a><b> 2:[1][2] 3:[ 3 ][4]", NULL},
        {TEXT("a,b\n\n1,2\n  \n\r\n3,4\n\n"), "<a><b> 3:[1][2] 6:[3][4]", NULL},
        {TEXT("a,b\n,\n1,\n"), "<a><b> 2:[][] 3:[1][]", NULL},
        {TEXT("a\n1\n\"\"\n2\n"), "<a> 2:[1] 3:[] 4:[2]", NULL},
        {TEXT(",a\n0,1\n"), "<><a> 2:[0][1]", NULL},
        {TEXT("a,b\n"), "<a><b>", NULL},
        {TEXT(""), NULL, ": the file is empty"},
        {TEXT("\n \n"), NULL, ": the file has no header"},
        {TEXT("a,b\n1,2\n3\n"), NULL, ":3: 1 fields where the header has 2"},
        {TEXT("a,b\n1,2,3\n"), NULL, ":2: 3 fields where the header has 2"},
        {TEXT("a,b\n\"1\",2,3\n"), NULL, ":2: 3 fields where the header has 2"},
        {TEXT("a,b,a\n"), NULL, ":1: two columns are named 'a'"},
        {TEXT("a,b\xff\n"), NULL, ":1: the name of column 2 is not UTF-8"},
        {TEXT("a,b\n1,\"2\n3,4\n"), NULL, ":2: a quote is never closed"},
        {TEXT("a,b\n1,5\" pipe\n"), NULL, ":2: a quote in the middle of a field"},
        {TEXT("a,b\n1,2\n\"x\ny\" z,2\n"), NULL, ":4: a quote in the middle of a field"},
        {TEXT("a,b\n1,2\0003\n"), NULL, ":2: a NUL byte: this is no text in UTF-8"},
        {TEXT("a,b\n\"1\",2\0003\n"), NULL, ":2: a NUL byte: this is no text in UTF-8"},
        {TEXT("a,b\n1\r2,3\n"), NULL, ":2: a carriage return in the middle of the line"},
        {TEXT("a,b\n\"1\"\r2,3\n"), NULL, ":2: a carriage return in the middle of the line"},
        {TEXT("a,b\r1,2\r"), NULL, ":1: lines end in CR alone; only LF and CR LF are read"},
        {TEXT("\xff\xfe"
              "a\0,\0b\0\n\0"),
         NULL, ":1: this is UTF-16; save it as UTF-8"},
    };
    for (size_t i = 0; i < LEAT_LEN(rows); i++) {
        const char *path = write_table("t.csv", rows[i].content, rows[i].size);
        leat_buf out = {0};
        char error[256];
        leat_status st = show(path, &out);
        if (rows[i].want != NULL) {
            CHECK_OK(st);
            CHECK_STR(out.data, rows[i].want);
        } else {
            snprintf(error, sizeof error, "%s%s", path, rows[i].error);
            CHECK_FAILS(st, LEAT_ERR_INVALID_ARGUMENT, error);
        }
        leat_buf_free(&out);
    }
    leat_buf out = {0};
    CHECK_OK(show(write_table("t.tsv", TEXT("a b\tc\n1,5\t \"x\ty\"\n")), &out));
    CHECK_STR(out.data, "<a b><c> 2:[1,5][x\ty]");
    leat_buf_free(&out);
    CHECK_FAILS(show("/proc/nonexistent.csv", &out), LEAT_ERR_NOT_FOUND, "/proc/nonexistent.csv");
    CHECK_FAILS(show("/", &out), LEAT_ERR_INVALID_ARGUMENT, "/");
}

/* The two ways of splitting a line agree: each line is read as it is, and behind a quoted field that sends it to
 * libcsv. */
LEAT_TEST(csv_split_agrees_with_libcsv)
{
    static const char *const pieces[] = {"1", "-2.5e3", "",  " ", "x y", "\t",
                                         "ü", "a\tb ",  ",", ",", ",",   ",,"};
    leat_data_random r = leat_data_random_start(7, 0, 0);
    for (int round = 0; round < 2000; round++) {
        char line[256] = "", content[2048];
        size_t n = (size_t)leat_data_random_below(&r, 12);
        for (size_t i = 0; i < n; i++)
            strcat(line, pieces[leat_data_random_below(&r, LEAT_LEN(pieces))]);
        size_t fields = 2;
        for (const char *c = line; *c != '\0'; c++)
            fields += *c == ',';
        content[0] = '\0';
        for (size_t i = 0; i < fields; i++)
            sprintf(content + strlen(content), "%sc%zu", i > 0 ? "," : "", i);
        sprintf(content + strlen(content), "\nq,%s\n\"q\",%s\n", line, line);
        leat_data_table t;
        bool end;
        leat_cell first[32];
        char text[32][64];
        REQUIRE_OK(leat_data_table_open(&t, write_table("t.csv", content, strlen(content))));
        REQUIRE_OK(leat_data_table_next(&t, &end));
        REQUIRE(!end && fields <= LEAT_LEN(first));
        for (size_t i = 0; i < fields; i++)
            snprintf(text[i], sizeof text[i], "%.*s", (int)t.cells[i].size, t.cells[i].text);
        REQUIRE_OK(leat_data_table_next(&t, &end));
        REQUIRE(!end);
        for (size_t i = 0; i < fields; i++)
            CHECK(strlen(text[i]) == t.cells[i].size &&
                  memcmp(text[i], t.cells[i].text, t.cells[i].size) == 0);
        leat_data_table_close(&t);
    }
}

/* Rows across the edges of the read buffer, and long ones; seeking back to any row gives the same row. */
LEAT_TEST(csv_long_rows_and_seeks)
{
    leat_buf content = {0};
    leat_buf_puts(&content, "a,b\n");
    enum { ROWS = 300 };
    for (int i = 0; i < ROWS; i++) {
        leat_buf_printf(&content, "%d,%s", i, i % 7 == 0 ? "\"" : "");
        for (int k = 0; k < i * 97 % 50000; k++)
            leat_buf_putc(&content, (char)('a' + k % 26));
        leat_buf_puts(&content, i % 7 == 0 ? "\n\"\n" : "\n");
    }
    leat_data_table t;
    bool end;
    leat_place places[ROWS];
    REQUIRE_OK(leat_data_table_open(&t, write_table("t.csv", content.data, content.size)));
    for (int i = 0; i < ROWS; i++) {
        REQUIRE_OK(leat_data_table_next(&t, &end));
        places[i] = t.row;
        CHECK(!end && atoi(t.cells[0].text) == i);
        CHECK(t.cells[1].size == (size_t)(i * 97 % 50000 + (i % 7 == 0)));
    }
    for (int i = ROWS; i-- > 0;) {
        int row = i * 181 % ROWS;
        leat_data_table_seek(&t, places[row]);
        REQUIRE_OK(leat_data_table_next(&t, &end));
        CHECK(!end && atoi(t.cells[0].text) == row && t.row.line == places[row].line);
    }
    leat_data_table_close(&t);
    leat_buf_free(&content);
}

/* A quote that is never closed does not take the whole of a large file to memory. */
LEAT_TEST(csv_row_limit)
{
    leat_buf content = {0};
    leat_buf_puts(&content, "a,b\n1,\"");
    for (int i = 0; i < 70 << 10; i++)
        leat_buf_printf(&content, "%01022d\n", i);
    leat_buf out = {0};
    const char *path = write_table("t.csv", content.data, content.size);
    leat_buf_free(&content);
    CHECK_FAILS(show(path, &out), LEAT_ERR_INVALID_ARGUMENT,
                ":2: the row has more than 64 MiB: is a quote never closed?");
    leat_buf_free(&out);
    remove(path);
}

/* ---- .npy ---- */

LEAT_TEST(npy_tables)
{
    static const double f8[] = {1, 2.5, -3, 1e30, 5, 6};
    static const int32_t i4[] = {1, -2, 3, 4, 5, 6};
    static const uint8_t u1[] = {1, 255, 0, 1, 2, 3};
    static const uint16_t f2[] = {0x3c00, 0xc100, 0x0001, 0x7bff, 0x0000, 0x3555};
    static const struct {
        const char *descr, *shape;
        bool fortran;
        const void *data;
        size_t size;
        const char *want, *error;
    } rows[] = {
        {"<f8", "(2, 3)", false, f8, sizeof f8, "<0><1><2> 1:[1][2.5][-3] 2:[1e+30][5][6]", NULL},
        {"<f8", "(2, 3)", true, f8, sizeof f8, "<0><1><2> 1:[1][-3][5] 2:[2.5][1e+30][6]", NULL},
        {"<i4", "(3, 2)", false, i4, sizeof i4, "<0><1> 1:[1][-2] 2:[3][4] 3:[5][6]", NULL},
        {"|u1", "(3, 2)", false, u1, sizeof u1, "<0><1> 1:[1][255] 2:[0][1] 3:[2][3]", NULL},
        {"<f2", "(3, 2)", false, f2, sizeof f2, "<0><1> 1:[1][-2.5] 2:[5.96046e-08][65504] 3:[0][0.333252]",
         NULL},
        {"<f8", "(0, 3)", false, f8, 0, "<0><1><2>", NULL},
        {"<f8", "(6,)", false, f8, sizeof f8, NULL, "a table has 2 dimensions, this array 1"},
        {"<c16", "(1, 3)", false, f8, sizeof f8, NULL, "the array does not hold integers or real numbers"},
        {"<f8", "(3, 3)", false, f8, sizeof f8, NULL, "t.npy"},
        {"|O", "(2, 3)", false, f8, sizeof f8, NULL, "t.npy"},
    };
    for (size_t i = 0; i < LEAT_LEN(rows); i++) {
        leat_buf out = {0};
        leat_status st =
            show(write_npy(rows[i].descr, rows[i].shape, rows[i].fortran, rows[i].data, rows[i].size), &out);
        if (rows[i].want != NULL) {
            CHECK_OK(st);
            CHECK_STR(out.data, rows[i].want);
        } else {
            CHECK_FAILS(st, st, rows[i].error);
            CHECK(st != LEAT_OK);
        }
        leat_buf_free(&out);
    }
}

/* Rows of numbers are read as strtod reads them, to the bit. */
LEAT_TEST(numbers_are_rounded_correctly)
{
    static const char *const texts[] = {
        "0",
        "-0",
        "+1",
        ".5",
        "5.",
        "1e3",
        "1E-3",
        "1e+22",
        "1e23",
        "9007199254740993",
        "9007199254740992.5",
        "0.1",
        "123456789012345678",
        "1234567890123456789",
        "9999999999999999999",
        "12345678901234567890",
        "0.30000000000000004",
        "1.7976931348623157e308",
        "5e-324",
        "2.2250738585072014e-308",
        "0.000000000000000000001",
        "6.02214076e23",
        "8.5899345920000001e9",
        "179769313486231580793",
        "00000000000000000000000012",
        "1e-30",
    };
    static const char *const no_numbers[] = {"",      "-",   ".",  "e5",   "1e",   "1e+",
                                             "1.2.3", "--1", "1 ", "0x10", "1e5x", "1,5"};
    leat_data_random r = leat_data_random_start(1, 2, 3);
    for (size_t i = 0; i < LEAT_LEN(texts) + 200000; i++) {
        char text[64];
        double value = 0, want;
        if (i < LEAT_LEN(texts)) {
            snprintf(text, sizeof text, "%s", texts[i]);
        } else if (i % 2 == 0) { /* shortest and nearly shortest texts of doubles, as programs write them */
            uint64_t bits = (UINT64_C(1023) + leat_data_random_below(&r, 80) - 40) << 52 |
                            leat_data_random_below(&r, UINT64_C(1) << 52);
            memcpy(&value, &bits, sizeof value);
            snprintf(text, sizeof text, "%.*g", 14 + (int)leat_data_random_below(&r, 6), value);
        } else { /* near the middle between two doubles */
            uint64_t m = (UINT64_C(1) << 53 | leat_data_random_below(&r, UINT64_C(1) << 53)) * 2 + 1;
            int digits = snprintf(text, sizeof text, "%llu", (unsigned long long)m);
            int point = (int)leat_data_random_below(&r, (uint64_t)digits);
            memmove(text + point + 1, text + point, (size_t)(digits - point) + 1);
            text[point] = '.';
        }
        want = strtod(text, NULL);
        CHECK(leat_number_parse(text, strlen(text), &value));
        if (memcmp(&value, &want, sizeof value) != 0)
            printf("\n    %s is read as %.17g, not %.17g\n", text, value, want);
        CHECK(memcmp(&value, &want, sizeof value) == 0);
    }
    for (size_t i = 0; i < LEAT_LEN(no_numbers); i++) {
        double value;
        CHECK(!leat_number_parse(no_numbers[i], strlen(no_numbers[i]), &value));
    }
}
