/* Protobuf's text format: what is read, what is refused and where, and that what was printed reads back. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "check.h"
#include "faults.h"
#include "engine/files/graph-schema-private.h"

static leat_status read_text(const char *text, size_t n, leat_buf *wire)
{
    return leat_text_read(leat_graph_def_message, "g.pbtxt", text, n, wire, NULL);
}

/* The text of a graph, printed again. */
static leat_status again(const char *text, leat_buf *out)
{
    leat_buf wire = {0};
    size_t unknown;
    leat_status status = read_text(text, strlen(text), &wire);
    if (status == LEAT_OK)
        status = leat_text_write(leat_graph_def_message, wire.data, wire.size, out, &unknown);
    leat_buf_free(&wire);
    return status;
}

/* The canonical text of a node "n" with one attribute "a" of this value. */
static const char *with_value(const char *value)
{
    static char text[1024];
    snprintf(text, sizeof text,
             "node {\n  name: \"n\"\n  attr {\n    key: \"a\"\n    value {\n      %s\n    }\n  }\n}\n",
             value);
    return text;
}

static const struct {
    const char *in, *out; /* of the attribute's value; in canonical form */
} values[] = {
    {"f: 0.1", "f: 0.1"},
    {"f: 1", "f: 1.0"},
    {"f: 1.5f", "f: 1.5"},
    {"f: .5", "f: 0.5"},
    {"f: .5f", "f: 0.5"},
    {"f: 0.f", "f: 0.0"},
    {"f: -0.0", "f: -0.0"},
    {"f: 1e-5", "f: 1e-05"},
    {"f: 0.0001", "f: 0.0001"},
    {"f: 1E+20", "f: 1e+20"},
    {"f: 123456789", "f: 123456790.0"},
    {"f: 3.4028235e38", "f: 3.4028235e+38"},
    {"f: 1e-45", "f: 1e-45"},
    {"f: - inf", "f: -inf"},
    {"f: Infinity", "f: inf"},
    {"f: nan", "f: nan"},
    {"i: 0", "i: 0"},
    {"i: -9223372036854775808", "i: -9223372036854775808"},
    {"i: 0x7fffffffffffffff", "i: 9223372036854775807"},
    {"i: -010", "i: -8"},
    {"b: t", "b: true"},
    {"b: False", "b: false"},
    {"b: 1", "b: true"},
    {"type: DT_FLOAT_REF", "type: DT_FLOAT_REF"},
    {"type: 9", "type: DT_INT64"},
    {"type: 4711", "type: 4711"},
    {"s: 'a\"\\x41\\101\\0'  # joined\n  \"\\u00e9\\n\\?\"", "s: \"a\\\"AA\\000\\303\\251\\n?\""},
    {"s: '\\U0001F600'", "s: \"\\360\\237\\230\\200\""},
    {"s: '\\ud83d\\ude00'", "s: \"\\360\\237\\230\\200\""},
    {"s: \"\"", "s: \"\""},
    {"s: \"\\a\\b\\f\\n\\r\\t\\v\\\\\\'\\\"\"", "s: \"\\007\\010\\014\\n\\r\\t\\013\\\\\\'\\\"\""},
    {"shape: <dim {size: 3}, dim: {size: -1};>",
     "shape {\n        dim {\n          size: 3\n        }\n        dim {\n          size: -1\n        }\n      }"},
    {"list { i: [1, 2] i: 3 }", "list {\n        i: 1\n        i: 2\n        i: 3\n      }"},
    {"list { s: [] }", "list {\n      }"},
    {"list { shape: [<unknown_rank: true>, {}] }",
     "list {\n        shape {\n          unknown_rank: true\n        }\n        shape {\n        }\n      }"},
    {"placeholder: 'T'", "placeholder: \"T\""},
};

LEAT_TEST(values_in_canonical_form)
{
    for (size_t i = 0; i < LEAT_LEN(values); i++) {
        leat_buf out = {0};
        char in[1024];
        snprintf(in, sizeof in, "node: { name: 'n' attr < key: \"a\", value { %s } >; }", values[i].in);
        if (CHECK_OK(again(in, &out)))
            CHECK_STR(out.data, with_value(values[i].out));
        leat_buf_clear(&out);
        if (CHECK_OK(again(with_value(values[i].out), &out)))
            CHECK_STR(out.data, with_value(values[i].out));
        leat_buf_free(&out);
    }
}

LEAT_TEST(order_of_fields_and_keys)
{
    leat_buf out = {0};
    CHECK_OK(
        again("versions { producer: 5 min_consumer: 0 }\n"
              "node { op: 'B' name: 'b' attr { key: 'z' value { b: true } } attr { value { i: 1 } key: 'c' } "
              "attr { key: 'c' value { i: 2 } } }",
              &out));
    CHECK_STR(
        out.data,
        "node {\n  name: \"b\"\n  op: \"B\"\n  attr {\n    key: \"c\"\n    value {\n      i: 2\n    }\n  }\n"
        "  attr {\n    key: \"z\"\n    value {\n      b: true\n    }\n  }\n}\nversions {\n  producer: 5\n}\n");
    leat_buf_free(&out);
}

/* Each is made good by leaving out what stands between the two marks (` `), which is where the error is. */
static const struct {
    const char *text, *says;
} bad[] = {
    {"node {\n  `nome: 3`\n}", "g.pbtxt:2:3: NodeDef has no field 'nome'"},
    {"node { name: 'a' `name: 'b'` }", ":1:18: field 'name' of NodeDef is given twice"},
    {"node { attr { value { i: 1 `f: 2` } } }", "field 'f' of AttrValue excludes one that was given before"},
    {"versions `7 ` { }", ":1:10: '{' was expected, not '7'"},
    {"versions { } `versions { }`", "is given twice"},
    {"versions { producer: `1.5 producer: ` 2 }", ":1:22: field 'producer': '1.5' is not an int32"},
    {"versions { producer: `99999999999 producer:` 2 }",
     "'99999999999' is not an int32, or out of its range"},
    {"versions { producer: 1`8 `}", NULL},
    {"versions { producer: `09 producer:` 2 }", "'09' is not an int32"},
    {"versions { producer `=`: 1 }", "':' was expected, not '='"},
    {"versions { `[a.b.c]: 3` }", ":1:12: VersionDef has no extensions"},
    {"node { attr { value { f: `010 f:` 1 } } }", ":1:26: field 'f': '010': a number that is not whole"},
    {"node { name: `'\\377' name:` 'x' }", ":1:14: field 'name' of NodeDef: the string is no UTF-8"},
    {"versions { producer: `[1] producer:` 1 }", "takes one value, no list"},
    {"versions { bad_consumers: [1, 2`,`] }", "a value was expected, not ']'"},
    {"versions { bad_consumers: [1 `x`] }", "',' or ']' was expected, not 'x'"},
    {"node { name: 'a`\n`' }", ":1:14: a string that does not end on its line"},
    {"node { name: '`\\q`' }", "an unknown escape: \\q"},
    {"node { name: '`\\x`' }", "\\x without hexadecimal digits"},
    {"node { name: '`\\777`' }", "an octal escape of more than a byte"},
    {"node { name: '`\\ud800`' }", "an escape that stands for no Unicode character"},
    {"node { name: '`\\U00110000`' }", "an escape that stands for no Unicode character"},
    {"node { name: `3 `'x' }", "a string in quotes was expected, not '3'"},
    {"node { `}` }", "a field's name was expected, not '}'"},
    {"`node < }` node < >", "a field's name was expected, not '}'"},
    {"# about\n\nnode {\n  op: 'x'\n`node { }`}", "NodeDef has no field 'node'"},
    {"`{` node { }", "a field's name was expected, not '{'"},
    {"node { attr { value { type: `DT_SQUARE type:` DT_FLOAT } } }",
     "enum DataType has no value 'DT_SQUARE'"},
    {"node { attr { value { f: `abc f:` 1 } } }", "'abc' is no number"},
    {"node { attr { value { b: `yes b:` true } } }", "'yes' is not a bool"},
    {"node { attr { value { i: -`\n`1 } } }", "a sign without a number"},
    {"node { } `node {`", ":1:16: the text ends within the NodeDef that begins at line 1"},
    {"node { name: 'x' } `node { name:`", "the text ends where a string in quotes was expected"},
    {"node { name: `'x` }", "a string that does not end"},
};

LEAT_TEST(bad_texts_are_refused_with_their_place)
{
    for (size_t i = 0; i < LEAT_LEN(bad); i++) {
        char whole[256], good[256];
        size_t n = 0, m = 0;
        bool within = false;
        for (const char *p = bad[i].text; *p != '\0'; p++) {
            if (*p == '`')
                within = !within;
            else
                whole[n++] = *p;
            if (*p != '`' && !within)
                good[m++] = *p;
        }
        leat_buf wire = {0};
        whole[n] = '\0';
        if (bad[i].says != NULL)
            CHECK_FAILS(read_text(whole, n, &wire), LEAT_ERR_DATA_LOSS, bad[i].says);
        leat_buf_clear(&wire);
        if (i + 1 < LEAT_LEN(bad) && !CHECK_OK(read_text(good, m, &wire)))
            printf("\n    %.*s\n", (int)m, good);
        leat_buf_free(&wire);
    }
}

/* ---- Any: what TensorFlow's SavedModels keep their assets in ---- */

#define ANY_TEXT(any_)                                                                                       \
    "collection_def {\n  key: \"k\"\n  value {\n    any_list {\n      value {\n" any_                        \
    "      }\n    }\n  }\n}\n"

static leat_status any_again(const char *text, leat_buf *out)
{
    leat_buf wire = {0};
    size_t unknown;
    leat_status status = leat_text_read(leat_meta_graph_message, "m", text, strlen(text), &wire, NULL);
    if (status == LEAT_OK)
        status = leat_text_write(leat_meta_graph_message, wire.data, wire.size, out, &unknown);
    leat_buf_free(&wire);
    return status;
}

LEAT_TEST(any_is_written_as_what_it_holds)
{
    static const struct {
        const char *in, *out; /* out NULL: in is what is printed */
    } rows[] = {
        {ANY_TEXT(
             "        [type.googleapis.com/tensorflow.AssetFileDef] {\n          filename: \"w\"\n        }\n"),
         NULL},
        {ANY_TEXT("type_url: 'a.b/c/tensorflow.TensorShapeProto.Dim' value: '\\010\\003'"),
         ANY_TEXT("        [a.b/c/tensorflow.TensorShapeProto.Dim] {\n          size: 3\n        }\n")},
        {ANY_TEXT("[ x/tensorflow.NodeDef ]: < input: ['a'] >;"),
         ANY_TEXT("        [x/tensorflow.NodeDef] {\n          input: \"a\"\n        }\n")},
        {ANY_TEXT("[x/tensorflow.NodeDef] { }"), ANY_TEXT("        [x/tensorflow.NodeDef] {\n        }\n")},
        {ANY_TEXT("        type_url: \"x/none.Such\"\n        value: \"y\"\n"), NULL},
        {ANY_TEXT("        type_url: \"tensorflow.NodeDef\"\n"), NULL},
        {ANY_TEXT("        type_url: \"x]\\n/tensorflow.NodeDef\"\n"), NULL},
        {ANY_TEXT("        value: \"y\"\n"), NULL},
    };
    for (size_t i = 0; i < LEAT_LEN(rows); i++) {
        leat_buf out = {0};
        if (CHECK_OK(any_again(rows[i].in, &out)))
            CHECK_STR(out.data, rows[i].out != NULL ? rows[i].out : rows[i].in);
        leat_buf_free(&out);
    }
}

LEAT_TEST(bad_anys)
{
    static const struct {
        const char *in, *says;
    } rows[] = {
        {ANY_TEXT("[x/none.Such] { }"), "m:6:1: messages of type 'x/none.Such' are not known here"},
        {ANY_TEXT("[tensorflow.NodeDef] { }"), "messages of type 'tensorflow.NodeDef' are not known here"},
        {ANY_TEXT("type_url: 'x' [x/tensorflow.NodeDef] { }"),
         "field 'type_url' of google.protobuf.Any is given twice"},
        {ANY_TEXT("[x/tensorflow.NodeDef] { } value: ''"),
         "field 'value' of google.protobuf.Any is given twice"},
        {ANY_TEXT("[x/tensorflow.NodeDef { }"), "m:6:23: ']' was expected, not '{'"},
        {ANY_TEXT("[x/tensorflow.NodeDef] 3"), "'{' was expected, not '3'"},
        {ANY_TEXT("[x/tensorflow.NodeDef] { nome: 3 }"), "NodeDef has no field 'nome'"},
    };
    for (size_t i = 0; i < LEAT_LEN(rows); i++) {
        leat_buf out = {0};
        CHECK_FAILS(any_again(rows[i].in, &out), LEAT_ERR_DATA_LOSS, rows[i].says);
        leat_buf_free(&out);
    }
}

/* 6: messages nested 100 deep are read, 101 are not; nothing recurses. */
LEAT_TEST(nesting_is_limited)
{
    for (int depth = 95; depth <= 100000; depth = depth < 101 ? depth + 1 : depth * 10) {
        leat_buf text = {0}, wire = {0};
        leat_buf_puts(&text, "library { function { node_def { "); /* 3 levels, and 3 for each function */
        int levels = 3;
        for (; levels + 3 <= depth; levels += 3)
            leat_buf_puts(&text, "attr { key: 'a' value { func { name: 'f' ");
        for (int rest = levels; rest < depth; rest++)
            leat_buf_puts(&text, rest == levels ? "attr { " : "value { ");
        for (int i = 0; i < depth; i++)
            leat_buf_puts(&text, "} ");
        if (depth <= LEAT_TEXT_DEPTH)
            CHECK_OK(read_text(text.data, text.size, &wire));
        else
            CHECK_FAILS(read_text(text.data, text.size, &wire), LEAT_ERR_DATA_LOSS,
                        "nested more than 100 deep");
        leat_buf_free(&text);
        leat_buf_free(&wire);
    }
}

/* Wire bytes may nest deeper than any text. */
LEAT_TEST(deep_wire_is_not_printed)
{
    leat_buf wire = {0}, out = {0};
    size_t marks[400], n = 0, unknown;
    marks[n++] = leat_put_begin(&wire, 1);
    while (n + 3 < LEAT_LEN(marks)) {
        marks[n] = leat_put_begin(&wire, n == 1 ? 5 : 2);
        n++;
        marks[n++] = leat_put_begin(&wire, 2);
        marks[n++] = leat_put_begin(&wire, 10);
    }
    while (n > 0)
        leat_put_end(&wire, marks[--n]);
    CHECK_FAILS(leat_text_write(leat_graph_def_message, wire.data, wire.size, &out, &unknown),
                LEAT_ERR_DATA_LOSS, "nested more than 100 deep");
    leat_buf_free(&wire);
    leat_buf_free(&out);
}

/* What is printed reads back, so wire bytes whose strings no text may hold are not printed. */
LEAT_TEST(strings_that_are_no_utf8_are_not_printed)
{
    leat_buf wire = {0}, out = {0};
    size_t unknown, node = leat_put_begin(&wire, 1);
    leat_put_string(&wire, 1, "n\xff");
    leat_put_end(&wire, node);
    CHECK_FAILS(leat_text_write(leat_graph_def_message, wire.data, wire.size, &out, &unknown),
                LEAT_ERR_DATA_LOSS, "offset 2: field 'name': the string is no UTF-8");
    leat_buf_free(&wire);
    leat_buf_free(&out);
}

LEAT_TEST(unknown_fields_are_counted)
{
    leat_buf wire = {0}, out = {0};
    size_t unknown = 0;
    leat_put_uint(&wire, 77, 1);
    size_t node = leat_put_begin(&wire, 1);
    leat_put_string(&wire, 1, "n");
    leat_put_string(&wire, 99, "x");
    leat_put_uint(&wire, 2, 5); /* the op, of a wrong wire type */
    leat_put_end(&wire, node);
    CHECK_OK(leat_text_write(leat_graph_def_message, wire.data, wire.size, &out, &unknown));
    CHECK(unknown == 3);
    CHECK_STR(out.data, "node {\n  name: \"n\"\n}\n");
    leat_buf_free(&wire);
    leat_buf_free(&out);
}

/* protobuf merges a singular message that is given several times. */
LEAT_TEST(split_messages_are_merged)
{
    leat_buf wire = {0}, out = {0};
    size_t unknown = 0;
    for (int i = 1; i <= 2; i++) {
        size_t versions = leat_put_begin(&wire, 4);
        leat_put_uint(&wire, (uint32_t)i, 7);
        leat_put_end(&wire, versions);
    }
    CHECK_OK(leat_text_write(leat_graph_def_message, wire.data, wire.size, &out, &unknown));
    CHECK_STR(out.data, "versions {\n  producer: 7\n  min_consumer: 7\n}\n");
    leat_buf_free(&wire);
    leat_buf_free(&out);
}

LEAT_TEST(lines_of_nodes)
{
    leat_buf text = {0}, wire = {0};
    leat_text_places places = {0};
    leat_buf_puts(&text, "graph_def {\n");
    for (int i = 0; i < 300; i++)
        leat_buf_printf(&text, "node {\n  name: 'n%d'\n}\n", i);
    leat_buf_puts(&text, "}\n");
    CHECK_OK(leat_text_read(leat_meta_graph_message, "g", text.data, text.size, &wire, &places));
    CHECK(places.n == 300);
    leat_wire w = leat_wire_from(wire.data, wire.size, 0);
    leat_field f;
    REQUIRE(leat_wire_next(&w, &f));
    leat_wire graph = leat_wire_sub(&w, &f);
    for (uint32_t i = 0; leat_wire_next(&graph, &f); i++) {
        CHECK(places.items[i].offset == f.offset);
        CHECK(leat_text_line_of(&places, f.offset) == 2 + 3 * i);
        CHECK(leat_text_line_of(&places, f.offset + 3) == 2 + 3 * i);
    }
    leat_text_places_free(&places);
    leat_buf_free(&text);
    leat_buf_free(&wire);
}

/* A tensor of 10 MB passes as fast as bytes do: the time is linear in it. */
LEAT_TEST(large_contents)
{
    enum { BYTES = 10 << 20 };
    leat_buf wire = {0}, text = {0}, back = {0};
    size_t unknown, marks[4];
    static const uint32_t path[] = {1, 5, 2, 8};
    for (size_t i = 0; i < 4; i++)
        marks[i] = leat_put_begin(&wire, path[i]);
    char *content = leat_buf_reserve(&wire, BYTES + 16);
    REQUIRE(content != NULL);
    size_t inner = leat_put_begin(&wire, 4);
    for (size_t i = 0; i < BYTES; i++)
        leat_buf_putc(&wire, (char)(i * 2654435761u >> 7));
    leat_put_end(&wire, inner);
    for (size_t i = 4; i-- > 0;)
        leat_put_end(&wire, marks[i]);
    double start = check_cpu_seconds();
    CHECK_OK(leat_text_write(leat_graph_def_message, wire.data, wire.size, &text, &unknown));
    CHECK_OK(read_text(text.data, text.size, &back));
    CHECK(check_cpu_seconds() - start < 5);
    CHECK(back.size == wire.size && memcmp(back.data, wire.data, wire.size) == 0);
    leat_buf_free(&wire);
    leat_buf_free(&text);
    leat_buf_free(&back);
}

LEAT_TEST(every_allocation_may_fail)
{
    static const char text[] =
        "node { name: 'n' attr { key: 'a' value { list { i: [1,2,3] } } } attr { key: 'b' } }";
    EACH_FAULT (f, LEAT_FAULT_ALLOC, 12) {
        leat_buf wire = {0}, out = {0};
        leat_text_places places = {0};
        size_t unknown;
        fault_start(&f);
        leat_status status = leat_text_read(leat_graph_def_message, "g", text, strlen(text), &wire, &places);
        if (status == LEAT_OK)
            status = leat_text_write(leat_graph_def_message, wire.data, wire.size, &out, &unknown);
        CHECK(fault_end(&f) == (status != LEAT_OK));
        leat_text_places_free(&places);
        leat_buf_free(&wire);
        leat_buf_free(&out);
    }
}
