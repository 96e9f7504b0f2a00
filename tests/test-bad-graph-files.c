/* Graph files that must be refused, byte by byte: the numbers are those of the catalogue of bad inputs. Each row is made good again
 * by one change where that applies, and takes less than a second and bounded memory. tests/test-bad-graphs.c has the graphs. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>
#include "base/file-private.h"
#include "check.h"
#include "faults.h"
#include "engine/files/graphdef-private.h"
#include "graph-text.h"
#include "leat.h"

#define GOOD "c = Const() dtype:type=float value:tensor=float[]1; f = Neg(c) T:type=float"

static leat_status import_bytes(const void *bytes, size_t size)
{
    leat_graph *g = leat_graph_new();
    leat_import_options o = {.size = sizeof o, .origin = "bad.pb"};
    leat_status status = leat_import_graph_def(g, bytes, size, &o);
    leat_graph_free(g);
    return status;
}

/* Imports, and runs node "f". */
static leat_status run_bytes(const void *bytes, size_t size)
{
    leat_graph *g = leat_graph_new();
    leat_import_options o = {.size = sizeof o, .origin = "bad.pb"};
    leat_session *s = NULL;
    leat_tensor *value = NULL;
    leat_status status = leat_import_graph_def(g, bytes, size, &o);
    if (status == LEAT_OK)
        status = leat_session_open(&s, g, NULL);
    if (status == LEAT_OK)
        status = leat_eval(s, leat_graph_get(g, "f:0"), &value);
    leat_tensor_unref(value);
    leat_session_free(s);
    leat_graph_free(g);
    return status;
}

static leat_status run_text(const char *text, const void *library, size_t library_size)
{
    leat_buf b = {0};
    graph_text(&b, text);
    if (library != NULL)
        leat_put_bytes(&b, 2, library, library_size);
    leat_status status = run_bytes(b.data, b.size);
    leat_buf_free(&b);
    return status;
}

/* ---- the wire ---- */

/* The good graph with bytes appended: each is a prefix of, or one byte away from, what is good. */
static const struct {
    int number;
    const char *bytes;
    size_t size;
    const char *says;
    size_t good_size; /* so many of the bytes are good; SIZE_MAX: none */
    int good_at;      /* or this byte changed */
    uint8_t good;
} wires[] = {
    {2, "\x18\x80", 2, "truncated varint", 0, 1, 0x01},
    {3, "\x18\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01", 12, "varint of more than 10 bytes", 0, 10, 0x01},
    {4, "\x0a\x7f\x0a\x01x", 5, "length beyond the end", 0, 1, 0x03},
    {4, "\x0a\x05\x0a\x7fxyz", 7, "length beyond the end", 0, 3, 0x03},
    {4, "\x0a\x09\x0a\x01x\x12\x04NoOp", 11, "length beyond the end", 0, 1, 0x09},
    {5, "\x0b\x0c", 2, "group (no longer part of the format)", 0, -1, 0},
    {8, "\x08\x05", 2, "field 1 is of the wrong wire type: this is no GraphDef", 0, 0, 0x18},
    {8, "\x0a\x09\x0a\x01x\x10\x04\x12\x02op", 11, "a node's field 2 is of the wrong wire type", 0, -1, 0},
    {8, "\x22\x02\x08", 3, "length beyond the end", 0, 1, 0x00},
    {3, "\x22\x03\x1a\x01\x80", 5, "truncated varint", 0, 4, 0x05},
    {8, "\x0f\x00", 2, "unknown wire type", 0, -1, 0},
    {8, "\x00\x00", 2, "invalid field number", 0, -1, 0},
    {20, "\x0a\x18\x0a\x01m\x12\x04NoOp\x2a\x0d\x0a\x01k\x12\x08\x0a\x06\x32\x02\x01\x03\x42", 26,
     "a list of more than one kind", 0, 24, 0x32},
};

LEAT_TEST(bad_wire_bytes)
{
    leat_buf b = {0};
    graph_text(&b, GOOD);
    size_t good = b.size;
    CHECK_OK(import_bytes(b.data, b.size));
    for (size_t i = 0; i < LEAT_LEN(wires); i++) {
        b.size = good;
        leat_buf_append(&b, wires[i].bytes, wires[i].size);
        if (i != 4) { /* the good form of the row before it */
            leat_status status = import_bytes(b.data, b.size);
            if (!CHECK(status == LEAT_ERR_DATA_LOSS && strstr(leat_message(), wires[i].says) != NULL &&
                       strncmp(leat_message(), "bad.pb:", 7) == 0 && leat_message()[7] != ' '))
                printf("\n    number %d: %s\n", wires[i].number,
                       status == LEAT_OK ? "accepted" : leat_message());
        }
        CHECK_OK(import_bytes(b.data, good + wires[i].good_size));
    }
    leat_buf_free(&b);
}

LEAT_TEST(empty_files)
{
    char path[1024];
    snprintf(path, sizeof path, "%s/empty.pb", check_temp_dir());
    CHECK_OK(leat_file_replace(path, "", 0, false));
    leat_graph *g = leat_graph_new();
    CHECK_FAILS(leat_import_graph_file(g, path, NULL), LEAT_ERR_DATA_LOSS, "empty.pb:0: the file is empty");
    leat_graph_free(g);
    CHECK_FAILS(import_bytes("", 0), LEAT_ERR_DATA_LOSS, "bad.pb: empty");
    /* 7: more than 2 GiB; a file with a hole takes no room. */
    snprintf(path, sizeof path, "%s/large.pb", check_temp_dir());
    CHECK_OK(leat_file_replace(path, "", 0, false));
    if (truncate(path, (off_t)3 << 30) != 0)
        SKIP("no files of 3 GiB here");
    g = leat_graph_new();
    double start = check_cpu_seconds();
    CHECK_FAILS(leat_import_graph_file(g, path, NULL), LEAT_ERR_OUT_OF_RANGE, "large.pb");
    CHECK(check_cpu_seconds() - start < 1);
    leat_graph_free(g);
}

/* 5: ten thousand groups; 6: functions as attributes of functions, a hundred thousand deep. Nothing recurses. */
LEAT_TEST(deep_nesting)
{
    leat_buf b = {0};
    for (int i = 0; i < 10000; i++)
        leat_buf_putc(&b, 0x0b);
    CHECK_FAILS(import_bytes(b.data, b.size), LEAT_ERR_DATA_LOSS, "bad.pb:0: group");
    leat_buf_clear(&b);

    size_t marks[400], n = 0;
    for (int levels = 20; levels <= 120; levels += 100) {
        leat_buf_clear(&b);
        graph_text(&b, GOOD);
        marks[n++] = leat_put_begin(&b, 1);
        leat_put_string(&b, 1, "deep");
        leat_put_string(&b, 2, "NoOp");
        for (int i = 0; i < levels; i++) { /* attr, its value, func: three messages each */
            marks[n++] = leat_put_begin(&b, i == 0 ? 5 : 2);
            leat_put_string(&b, 1, "a");
            marks[n++] = leat_put_begin(&b, 2);
            marks[n++] = leat_put_begin(&b, 10);
            leat_put_string(&b, 1, "f");
        }
        while (n > 0)
            leat_put_end(&b, marks[--n]);
        if (levels * 3 > 100)
            CHECK_FAILS(import_bytes(b.data, b.size), LEAT_ERR_DATA_LOSS,
                        "node 'deep' (NoOp): attribute 'a'");
        else
            CHECK_OK(import_bytes(b.data, b.size));
    }
    leat_buf_free(&b);
}

/* ---- graphs ---- */

static const struct {
    int number;
    const char *graph, *says;
    const char *bad, *good; /* replace the first `bad` by `good`, and it runs; NULL: nothing to replace */
} rows[] = {
    {25,
     "p = Placeholder() dtype:type=float shape:shape=1099511627776,1099511627776; f = Const() dtype:type=float value:tensor=float[]1",
     "node 'p' (Placeholder): attribute 'shape': a shape too large for its elements to be counted",
     "1099511627776,1099511627776", "1099511627776,?"},
    {28, "f = Const() dtype:type=float value:tensor=float[2]1,2,3", "more values than the shape's 2 elements",
     "[2]", "[3]"},
    {29, "f = Const() dtype:type=20 value:tensor=int32[]1", "bad.pb:", "dtype:type=20", "dtype:type=int32"},
    {33,
     "c = Const() dtype:type=float value:tensor=float[]1; e = Exit(c) T:type=float; f = Neg(c) T:type=float",
     "node 'e' (Exit): it stands in no loop", "Exit(", "Identity("},
    {33,
     "c = Const() dtype:type=float value:tensor=float[]1; e = NextIteration(c) T:type=float; f = Neg(c) T:type=float",
     "node 'e' (NextIteration): it stands in no loop", "NextIteration(", "Identity("},
    {36, "f\x1b[2J = Const() dtype:type=float value:tensor=float[]1; f = Neg(f) T:type=float",
     "not a valid name", "\x1b[2J", ""},
    {36, "f\xff = Const() dtype:type=float value:tensor=float[]1", "not a valid name", "\xff", ""},
    {36, "f = Const() dtype:type=float value:tensor=float[]1; g = No\x1bOp()",
     "the op's name holds control characters", "\x1b", ""},
    {36, "f = Const() dtype:type=float value:tensor=float[]1; g = No\xc3Op()", "no UTF-8", "\xc3", ""},
    {36, "f = Const() dtype:type=float a\x07:int=1 value:tensor=float[]1", "an attribute's name holds",
     "\x07", ""},
    {37, "f%n%s = Const() dtype:type=float value:tensor=float[]1", "not a valid name", "%n%s", ""},
    {38, "n = Const() dtype:type=string value:tensor=string[]; f = ReadFile(n)",
     "node 'f' (ReadFile): op 'ReadFile' is not known", NULL, NULL},
    {38, "n = Const() dtype:type=string value:tensor=string[]; f = WriteFile(n, n)",
     "op 'WriteFile' is not known", NULL, NULL},
    {38,
     "n = Const() dtype:type=string value:tensor=string[]; t = HashTableV2() key_dtype:type=string value_dtype:type=int64; "
     "f = InitializeTableFromTextFileV2(t, n) key_index:int=-2 value_index:int=-1",
     "op 'InitializeTableFromTextFileV2' is not known", NULL, NULL},
    {38, "f = ImmutableConst() dtype:type=float shape:shape=1 memory_region_name:string=/etc/passwd",
     "op 'ImmutableConst' is not known", NULL, NULL},
    {38, "f = PyFunc() token:string=x", "op 'PyFunc' is not known", NULL, NULL},
};

LEAT_TEST(bad_graphs)
{
    for (size_t i = 0; i < LEAT_LEN(rows); i++) {
        char text[1024];
        uint64_t before = leat_live_allocations(); /* 39: what was built before the bad node is freed */
        leat_status status = run_text(rows[i].graph, NULL, 0);
        if (!CHECK(status != LEAT_OK && strstr(leat_message(), rows[i].says) != NULL))
            printf("\n    number %d: %s\n", rows[i].number, status == LEAT_OK ? "accepted" : leat_message());
        for (const char *p = leat_message(); *p != '\0'; p++)
            CHECK((unsigned char)*p >= 32);
        CHECK(leat_live_allocations() == before);
        if (rows[i].bad == NULL)
            continue;
        const char *at = strstr(rows[i].graph, rows[i].bad);
        REQUIRE(at != NULL);
        snprintf(text, sizeof text, "%.*s%s%s", (int)(at - rows[i].graph), rows[i].graph, rows[i].good,
                 at + strlen(rows[i].bad));
        if (strstr(text, "f = Neg(f)") != NULL)
            strstr(text, "; f = Neg(f)")[0] = '\0';
        status = run_text(text, NULL, 0);
        if (!CHECK(status == LEAT_OK))
            printf("\n    number %d: %s\n    %s\n", rows[i].number, text, leat_message());
    }
}

/* 28: tensor_content of another length than the shape asks for. */
LEAT_TEST(content_of_another_length)
{
    for (size_t bytes = 7; bytes <= 9; bytes++) {
        leat_buf b = {0};
        graph_text(&b, "");
        size_t node = leat_put_begin(&b, 1);
        leat_put_string(&b, 1, "f");
        leat_put_string(&b, 2, "Const");
        size_t attr = leat_put_begin(&b, 5);
        leat_put_string(&b, 1, "dtype");
        size_t value = leat_put_begin(&b, 2);
        leat_put_uint(&b, 6, LEAT_FLOAT);
        leat_put_end(&b, value);
        leat_put_end(&b, attr);
        attr = leat_put_begin(&b, 5);
        leat_put_string(&b, 1, "value");
        value = leat_put_begin(&b, 2);
        size_t tensor = leat_put_begin(&b, 8);
        leat_put_uint(&b, 1, LEAT_FLOAT);
        leat_put_shape_proto(&b, 2, &LEAT_SHAPE(2));
        leat_put_bytes(&b, 4, "\0\0\0\0\0\0\0\0\0", bytes);
        leat_put_end(&b, tensor);
        leat_put_end(&b, value);
        leat_put_end(&b, attr);
        leat_put_end(&b, node);
        if (bytes == 8)
            CHECK_OK(run_bytes(b.data, b.size));
        else
            CHECK_FAILS(run_bytes(b.data, b.size), LEAT_ERR_INVALID_ARGUMENT,
                        "node 'f' (Const): attribute 'value': tensor_content has");
        leat_buf_free(&b);
    }
}

/* 35: a name that looks like a path is a name. 36: NUL within one. */
LEAT_TEST(names)
{
    CHECK_OK(run_text("../x = Const() dtype:type=float value:tensor=float[]1; f = Neg(../x) T:type=float",
                      NULL, 0));
    leat_buf b = {0};
    size_t node = leat_put_begin(&b, 1);
    leat_put_bytes(&b, 1, "a\0b", 3);
    leat_put_string(&b, 2, "NoOp");
    leat_put_end(&b, node);
    CHECK_FAILS(import_bytes(b.data, b.size), LEAT_ERR_INVALID_ARGUMENT,
                "bad.pb:2: node 'a\\x00b' (NoOp): not a valid name");
    static const char *const devices[] = {"/cpu:0", "/cpu\x1b[2J", "/cpu\xff"};
    for (size_t i = 0; i < LEAT_LEN(devices); i++) {
        leat_buf_clear(&b);
        node = leat_put_begin(&b, 1);
        leat_put_string(&b, 1, "a");
        leat_put_string(&b, 2, "NoOp");
        leat_put_string(&b, 4, devices[i]);
        leat_put_end(&b, node);
        if (i == 0)
            CHECK_OK(import_bytes(b.data, b.size));
        else
            CHECK_FAILS(import_bytes(b.data, b.size), LEAT_ERR_INVALID_ARGUMENT,
                        "node 'a' (NoOp): the device holds control characters or no UTF-8");
    }
    leat_buf_free(&b);
}

/* 34 */
LEAT_TEST(consumer_too_new)
{
    for (uint64_t version = 100; version <= 100000; version *= 1000) {
        leat_buf b = {0};
        graph_text(&b, GOOD);
        size_t versions = leat_put_begin(&b, 4);
        leat_put_uint(&b, 2, version);
        leat_put_end(&b, versions);
        if (version > 1000)
            CHECK_FAILS(run_bytes(b.data, b.size), LEAT_ERR_UNIMPLEMENTED,
                        "bad.pb:71: the graph asks for a consumer of version 100000");
        else
            CHECK_OK(run_bytes(b.data, b.size));
        leat_buf_free(&b);
    }
}

/* ---- functions: 30 to 32 ---- */

/* A function whose nodes have these ops, one after the other: "f" calls function f. */
static void put_function(leat_buf *b, const char *name, const char *const *ops, size_t n)
{
    size_t function = leat_put_begin(b, 1), signature = leat_put_begin(b, 1);
    leat_put_string(b, 1, name);
    leat_put_end(b, signature);
    for (size_t i = 0; i < n; i++) {
        size_t node = leat_put_begin(b, 3);
        leat_put_string(b, 1, "n");
        leat_put_string(b, 2, ops[i]);
        leat_put_end(b, node);
    }
    leat_put_end(b, function);
}

LEAT_TEST(functions_that_call_themselves)
{
    leat_buf b = {0};
    put_function(&b, "g", (const char *const[]){"Neg", "g"}, 2);
    CHECK_FAILS(run_text(GOOD, b.data, b.size), LEAT_ERR_INVALID_ARGUMENT,
                "function 'g' calls itself: g -> g");
    leat_buf_clear(&b);
    put_function(&b, "g", (const char *const[]){"h"}, 1);
    put_function(&b, "h", (const char *const[]){"Neg", "k"}, 2);
    put_function(&b, "k", (const char *const[]){"h"}, 1);
    CHECK_FAILS(run_text(GOOD, b.data, b.size), LEAT_ERR_INVALID_ARGUMENT,
                "function 'h' calls itself: h -> k -> h");
    leat_buf_clear(&b);
    put_function(&b, "g", (const char *const[]){"h", "h"}, 2);
    put_function(&b, "h", (const char *const[]){"Neg", "k"}, 2);
    put_function(&b, "k", (const char *const[]){"Neg"}, 1);
    CHECK_OK(run_text(GOOD, b.data, b.size));
    /* Two libraries are one, as protobuf merges them. */
    leat_buf_clear(&b);
    graph_text(&b, GOOD);
    for (int i = 0; i < 2; i++) {
        size_t library = leat_put_begin(&b, 2);
        put_function(&b, i == 0 ? "g" : "h", (const char *const[]){i == 0 ? "h" : "g"}, 1);
        leat_put_end(&b, library);
        if (i == 0)
            CHECK_OK(run_bytes(b.data, b.size));
        else
            CHECK_FAILS(run_bytes(b.data, b.size), LEAT_ERR_INVALID_ARGUMENT,
                        "function 'g' calls itself: g -> h -> g");
    }
    leat_buf_free(&b);
}

LEAT_TEST(functions_that_expand)
{
    for (int levels = 20; levels <= 40; levels += 20) {
        leat_buf b = {0};
        char names[41][8];
        for (int i = 0; i <= levels; i++) {
            snprintf(names[i], sizeof names[i], "f%d", i);
            const char *ops[2] = {i > 0 ? names[i - 1] : "Neg", i > 0 ? names[i - 1] : "Neg"};
            put_function(&b, names[i], ops, 2);
        }
        if (levels == 40)
            CHECK_FAILS(run_text(GOOD, b.data, b.size), LEAT_ERR_INVALID_ARGUMENT,
                        "stands for more than 2^30 nodes");
        else
            CHECK_OK(run_text(GOOD, b.data, b.size));
        leat_buf_free(&b);
    }
}

/* A chain of a hundred thousand functions: no recursion on it. */
LEAT_TEST(many_functions)
{
    leat_buf b = {0};
    char name[16], next[16];
    for (int i = 0; i < 100000; i++) {
        snprintf(name, sizeof name, "f%d", i);
        snprintf(next, sizeof next, "f%d", i + 1);
        put_function(&b, name, (const char *const[]){next}, 1);
    }
    double start = check_cpu_seconds();
    CHECK_OK(run_text(GOOD, b.data, b.size));
    CHECK(check_cpu_seconds() - start < 5);
    leat_buf_free(&b);
}

/* ---- large graphs ---- */

static void put_unary(leat_buf *b, const char *name, const char *op, const char *input)
{
    size_t node = leat_put_begin(b, 1);
    leat_put_string(b, 1, name);
    leat_put_string(b, 2, op);
    leat_put_string(b, 3, input);
    size_t attr = leat_put_begin(b, 5);
    leat_put_string(b, 1, "T");
    size_t value = leat_put_begin(b, 2);
    leat_put_uint(b, 6, LEAT_FLOAT);
    leat_put_end(b, value);
    leat_put_end(b, attr);
    leat_put_end(b, node);
}

static size_t resident_kib(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (size_t)usage.ru_maxrss;
}

/* 17: a chain of a million nodes, its end first: accepted, in time and memory linear in it. */
LEAT_TEST(chain_of_a_million)
{
    enum { NODES = 1000000 };
    leat_buf b = {0};
    char name[16], input[16];
    for (int i = NODES; i > 0; i--) {
        snprintf(name, sizeof name, "x%d", i);
        snprintf(input, sizeof input, "x%d", i - 1);
        put_unary(&b, name, "Neg", input);
    }
    graph_text(&b, "x0 = Placeholder() dtype:type=float");
    size_t before = resident_kib();
    leat_graph *g = leat_graph_new();
    CHECK_OK(leat_import_graph_def(g, b.data, b.size, NULL));
    CHECK(leat_graph_op_count(g) == NODES + 1);
    size_t used = resident_kib() - before;
    (void)used;
#if !LEAT_SANITIZED
    CHECK(used < (size_t)NODES * 400 / 1024);
#endif
    leat_graph_free(g);
    leat_buf_free(&b);
}

/* 18: a million times the same control input is refused, at once; a few thousand are one. A million data edges from one node are
 * what an AddN may have. */
LEAT_TEST(duplicate_edges)
{
    for (int repeats = 1000; repeats <= 1000000; repeats *= 1000) {
        leat_buf b = {0};
        graph_text(&b, "c = Const() dtype:type=float value:tensor=float[]1");
        size_t node = leat_put_begin(&b, 1);
        leat_put_string(&b, 1, "f");
        leat_put_string(&b, 2, "Const");
        for (int i = 0; i < repeats; i++)
            leat_put_string(&b, 3, "^c");
        leat_put_end(&b, node);
        double start = check_cpu_seconds();
        if (repeats > 65536)
            CHECK_FAILS(import_bytes(b.data, b.size), LEAT_ERR_INVALID_ARGUMENT,
                        "node 'f' (Const): more than 65535 control inputs come twice");
        else
            CHECK_FAILS(import_bytes(b.data, b.size), LEAT_ERR_INVALID_ARGUMENT, "is missing");
        CHECK(check_cpu_seconds() - start < 5);
        leat_buf_free(&b);
    }
    leat_buf b = {0};
    graph_text(&b, "c = Const() dtype:type=float value:tensor=float[]1");
    size_t node = leat_put_begin(&b, 1);
    leat_put_string(&b, 1, "f");
    leat_put_string(&b, 2, "Neg");
    for (int i = 0; i < 1000000; i++)
        leat_put_string(&b, 3, "c");
    leat_put_end(&b, node);
    double start = check_cpu_seconds();
    CHECK_FAILS(import_bytes(b.data, b.size), LEAT_ERR_INVALID_ARGUMENT, "node 'f' (Neg)");
    CHECK(check_cpu_seconds() - start < 5);
    leat_buf_free(&b);
}

/* What a run does not need may be unknown. */
LEAT_TEST(an_unknown_op_stops_only_runs_that_need_it)
{
    CHECK_OK(run_text("a = OpOfTomorrow() k:int=1; b = Neg(a) T:type=float; " GOOD, NULL, 0));
    CHECK_FAILS(run_text("a = OpOfTomorrow() k:int=1; f = Neg(a) T:type=float", NULL, 0), LEAT_ERR_NOT_FOUND,
                "bad.pb:2: node 'a' (OpOfTomorrow): op 'OpOfTomorrow' is not known");
}

/* 39: every allocation of an import failing once: an error, and nothing is left. */
LEAT_TEST(import_without_memory)
{
    leat_buf b = {0};
    graph_text(&b, GOOD
               "; x = Placeholder() dtype:type=float shape:shape=2,?; g = OpOfTomorrow(x); n = NoOp(^g)");
    size_t library = leat_put_begin(&b, 2);
    put_function(&b, "h", (const char *const[]){"Neg"}, 1);
    leat_put_end(&b, library);
    EACH_FAULT (f, LEAT_FAULT_ALLOC, 12) {
        fault_start(&f);
        leat_graph *g = leat_graph_new();
        leat_status status = g != NULL ? leat_import_graph_def(g, b.data, b.size, NULL) : LEAT_ERR_NO_MEMORY;
        CHECK(fault_end(&f) == (status != LEAT_OK));
        leat_graph_free(g);
    }
    leat_buf_free(&b);
}
