#include "config.h"
#include "check.h"
#include "base/fault-private.h"
#include "proto/wire-private.h"

#include <errno.h>

LEAT_TEST(wire_round_trip)
{
    leat_buf b = {0};
    leat_put_uint(&b, 1, 0);
    leat_put_uint(&b, 2, UINT64_MAX);
    leat_put_uint(&b, 536870911, 300);
    leat_put_float(&b, 3, 1.5f);
    leat_put_double(&b, 4, -2.25);
    leat_put_string(&b, 5, "hello");
    leat_put_bytes(&b, 6, NULL, 0);
    size_t outer = leat_put_begin(&b, 7);
    size_t inner = leat_put_begin(&b, 1);
    char wide[200];
    memset(wide, 'w', sizeof wide);
    leat_put_bytes(&b, 2, wide, sizeof wide);
    leat_put_end(&b, inner);
    leat_put_uint(&b, 3, 9);
    leat_put_end(&b, outer);
    leat_put_uint(&b, 8, 77);
    REQUIRE_OK(leat_buf_status(&b));

    leat_wire w = leat_wire_from(b.data, b.size, 1000);
    leat_field f, g, h;
    CHECK(leat_wire_next(&w, &f) && f.number == 1 && f.type == LEAT_WIRE_VARINT && f.varint == 0 &&
          f.offset == 1000);
    CHECK(leat_wire_next(&w, &f) && f.number == 2 && f.varint == UINT64_MAX && f.offset == 1002);
    CHECK(leat_wire_next(&w, &f) && f.number == 536870911 && f.varint == 300);
    CHECK(leat_wire_next(&w, &f) && f.type == LEAT_WIRE_FIXED32 && leat_field_float(&f) == 1.5f);
    CHECK(leat_wire_next(&w, &f) && f.type == LEAT_WIRE_FIXED64 && leat_field_double(&f) == -2.25);
    CHECK(leat_wire_next(&w, &f) && f.size == 5 && memcmp(f.bytes, "hello", 5) == 0);
    CHECK(leat_wire_next(&w, &f) && f.number == 6 && f.size == 0);
    REQUIRE(leat_wire_next(&w, &f) && f.number == 7);
    leat_wire sub = leat_wire_sub(&w, &f);
    CHECK(leat_wire_offset(&sub) == f.offset + 3);
    REQUIRE(leat_wire_next(&sub, &g) && g.number == 1);
    leat_wire deepest = leat_wire_sub(&sub, &g);
    CHECK(leat_wire_next(&deepest, &h) && h.size == 200 && h.bytes[199] == 'w' &&
          !leat_wire_next(&deepest, &h));
    CHECK(h.offset == leat_wire_offset(&deepest));
    CHECK(leat_wire_next(&sub, &g) && g.number == 3 && g.varint == 9 && !leat_wire_next(&sub, &g));
    CHECK(leat_wire_next(&w, &f) && f.number == 8 && f.varint == 77 && !leat_wire_next(&w, &f));
    CHECK_OK(leat_wire_status(&w));
    CHECK_OK(leat_wire_status(&sub));
    leat_buf_free(&b);
}

LEAT_TEST(wire_nested_lengths_of_every_width)
{
    static const size_t sizes[] = {0, 1, 126, 127, 128, 129, 16383, 16384, 16385, 2097151, 2097152};
    for (size_t i = 0; i < LEAT_LEN(sizes); i++) {
        leat_buf b = {0};
        size_t mark = leat_put_begin(&b, 3);
        char *to = leat_buf_reserve(&b, sizes[i]);
        REQUIRE(to != NULL);
        memset(to, 0x55, sizes[i]);
        b.size += sizes[i];
        leat_put_end(&b, mark);
        leat_put_uint(&b, 4, 1);
        leat_wire w = leat_wire_from(b.data, b.size, 0);
        leat_field f;
        CHECK(leat_wire_next(&w, &f) && f.number == 3 && f.size == sizes[i]);
        CHECK(sizes[i] == 0 || (f.bytes[0] == 0x55 && f.bytes[sizes[i] - 1] == 0x55));
        CHECK(leat_wire_next(&w, &f) && f.number == 4 && !leat_wire_next(&w, &f) && w.error == NULL);
        leat_buf_free(&b);
    }
}

LEAT_TEST(wire_bad_input)
{
    static const struct {
        const char *bytes;
        size_t size;
        unsigned good; /* fields before the error */
        const char *reason;
    } rows[] = {
        {"\x08", 1, 0, "offset 50: truncated varint"},
        {"\x08\x80", 2, 0, "offset 51: truncated varint"},
        {"\x08\x01\x80", 3, 1, "offset 52: truncated varint"},
        {"\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 12, 0, "varint of more than 10 bytes"},
        {"\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02", 11, 0, "varint of more than 64 bits"},
        {"\x12\x05"
         "abcd",
         6, 0, "offset 50: length beyond the end"},
        {"\x12\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 11, 0, "length beyond the end"},
        {"\x12", 1, 0, "truncated varint"},
        {"\x09"
         "1234567",
         8, 0, "truncated 64-bit"},
        {"\x0d"
         "123",
         4, 0, "truncated 32-bit"},
        {"\x0b\x0c", 2, 0, "group"},
        {"\x0c", 1, 0, "group"},
        {"\x0e", 1, 0, "unknown wire type"},
        {"\x0f", 1, 0, "unknown wire type"},
        {"\x00\x01", 2, 0, "invalid field number"},
        {"\x80\x80\x80\x80\x80\x01\x01", 7, 0, "invalid field number"},
    };
    for (size_t i = 0; i < LEAT_LEN(rows); i++) {
        leat_wire w = leat_wire_from(rows[i].bytes, rows[i].size, 50);
        leat_field f;
        unsigned good = 0;
        while (leat_wire_next(&w, &f))
            good++;
        CHECK(good == rows[i].good);
        CHECK_FAILS(leat_wire_status(&w), LEAT_ERR_DATA_LOSS, rows[i].reason);
        CHECK(!leat_wire_next(&w, &f));
    }
}

LEAT_TEST(wire_empty_and_wrong_type)
{
    leat_wire w = leat_wire_from(NULL, 0, 0);
    leat_field f;
    CHECK(!leat_wire_next(&w, &f));
    CHECK_OK(leat_wire_status(&w));
    w = leat_wire_from("\x08\x01", 2, 0);
    REQUIRE(leat_wire_next(&w, &f));
    leat_wire sub = leat_wire_sub(&w, &f);
    CHECK(!leat_wire_next(&sub, &f));
    CHECK_FAILS(leat_wire_status(&sub), LEAT_ERR_DATA_LOSS, "not length-delimited");
}

LEAT_TEST(wire_packed_varints)
{
    leat_buf b = {0};
    static const uint64_t values[] = {0, 1, 127, 128, 300, UINT32_MAX, UINT64_MAX};
    for (size_t i = 0; i < LEAT_LEN(values); i++)
        leat_put_varint(&b, values[i]);
    leat_wire w = leat_wire_from(b.data, b.size, 0);
    uint64_t v;
    size_t n = 0;
    while (leat_wire_varint(&w, &v) && n < LEAT_LEN(values))
        CHECK(v == values[n++]);
    CHECK(n == LEAT_LEN(values));
    CHECK_OK(leat_wire_status(&w));
    leat_buf_free(&b);
}

LEAT_TEST(wire_writing_without_memory)
{
    uint64_t before = leat_live_allocations();
    for (uint64_t nth = 1; nth <= 3; nth++) {
        leat_buf b = {0};
        leat_fault_arm(LEAT_FAULT_ALLOC, nth, ENOMEM);
        size_t mark = leat_put_begin(&b, 1);
        char wide[100] = {0};
        leat_put_bytes(&b, 1, wide, sizeof wide);
        leat_put_bytes(&b, 2, wide, sizeof wide);
        leat_put_double(&b, 2, 1);
        leat_put_end(&b, mark);
        CHECK(b.failed == leat_fault_fired());
        leat_buf_free(&b);
    }
    leat_fault_disarm();
    CHECK(leat_live_allocations() == before);
}
