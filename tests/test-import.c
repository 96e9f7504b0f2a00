/* Imports of graphs into graphs, as tf.import_graph_def does them: prefix, input map, returned elements, unique names, versions,
 * libraries of functions, and what is kept of what is not understood. TensorFlow 2.21 gives the same names. */
#include <string.h>
#include <time.h>
#include "check.h"
#include "engine/files/graph-schema-private.h"
#include "engine/op-private.h"
#include "faults.h"
#include "import.h"

static leat_out float_constant(leat_graph *g, float value)
{
    leat_tensor *t = leat_tensor_from(LEAT_FLOAT, LEAT_SCALAR, &value);
    leat_out c = leat_constant(g, t);
    leat_tensor_unref(t);
    return c;
}

LEAT_TEST(prefix_map_and_returns)
{
    static const char text[] =
        "node { name: 'x' op: 'Placeholder' attr { key: 'dtype' value { type: DT_FLOAT } } } " UNARY(
            "y", "Neg",
            "x") "node { name: 'z' op: 'Square' input: 'y' input: '^init' attr { key: 'T' value { type: DT_FLOAT } } "
                 "attr { key: '_class' value { list { s: 'loc:@y' s: 'other' } } } } node { name: 'init' op: 'NoOp' }";
    leat_graph *g = leat_graph_new();
    leat_out three = float_constant(g, 3);
    leat_out returned[3];
    leat_import_options o = {.size = sizeof o,
                             .prefix = "imported/twice",
                             .map_names = (const char *const[]){"x:0"},
                             .map_outs = &three,
                             .n_map = 1,
                             .return_names = (const char *const[]){"z:0", "y", "init"},
                             .return_outs = returned,
                             .n_return = 3};
    REQUIRE_OK(import_text(g, text, &o));
    CHECK_STR(leat_op_name(returned[0].op), "imported/twice/z");
    CHECK_STR(leat_op_name(returned[1].op), "imported/twice/y");
    CHECK(returned[2].index == -1);
    CHECK_STR(leat_op_name(returned[2].op), "imported/twice/init");
    CHECK(leat_op_input(returned[1].op, 0).op == three.op);
    CHECK(leat_op_control_input(returned[0].op, 0) == returned[2].op);
    CHECK(leat_graph_find(g, "imported/twice/x") != NULL); /* still there, unused */
    const leat_attr_value *class = leat_attr(returned[0].op, "_class");
    REQUIRE(class != NULL && class->n == 2);
    CHECK_STR(((const leat_bytes *)class->list)[0].data, "loc:@imported/twice/y");
    CHECK_STR(((const leat_bytes *)class->list)[1].data, "other");
    CHECK(eval_name(g, "imported/twice/z:0") == 9);
    leat_graph_free(g);
}

static const struct {
    const char *map, *returns, *says;
} refused[] = {
    {"nowhere:0", NULL, "test.pb: not in the graph, but in the input map: 'nowhere:0'"},
    {NULL, "nowhere:0", "test.pb: 'nowhere:0' is not in the graph"},
    {"y:1", NULL, "not in the graph, but in the input map: 'y:1'"},
    {"^nowhere", NULL, "not in the graph, but in the input map: '^nowhere'"},
    {NULL, "y:1", "test.pb: 'y:1' is not in the graph"},
    {"x", NULL, NULL},
    {"missing", NULL, NULL}, /* an input whose node is absent may be mapped */
};

LEAT_TEST(maps_and_returns_that_fit_nothing)
{
    for (size_t i = 0; i < LEAT_LEN(refused); i++) {
        leat_graph *g = leat_graph_new();
        leat_out one = float_constant(g, 1), out;
        leat_import_options o = {.size = sizeof o,
                                 .prefix = "p",
                                 .origin = "test.pb",
                                 .map_names = &refused[i].map,
                                 .map_outs = &one,
                                 .n_map = refused[i].map != NULL,
                                 .return_names = &refused[i].returns,
                                 .return_outs = &out,
                                 .n_return = refused[i].returns != NULL};
        bool missing = refused[i].map != NULL && strcmp(refused[i].map, "missing") == 0;
        leat_status status = import_text(
            g, missing ? UNARY("y", "Neg", "missing") : CONST("x", "2") UNARY("y", "Neg", "x"), &o);
        if (refused[i].says != NULL)
            CHECK_FAILS(status, LEAT_ERR_NOT_FOUND, refused[i].says);
        else if (CHECK_OK(status))
            CHECK(eval_name(g, "p/y:0") == -1);
        leat_graph_free(g);
    }
}

/* ---- names ---- */

#define NODE(name_, inputs_) "node { name: '" name_ "' op: 'NoOp' " inputs_ "} "
#define HERE(node_) "attr { key: '_class' value { list { s: 'loc:@" node_ "' } } } "

/* What the nodes of a graph are called, in order, with their control inputs and colocations: "b(^a @a)". */
static void print_names(const leat_graph *g, leat_buf *out)
{
    for (size_t i = 0; i < leat_graph_op_count(g); i++) {
        leat_op *op = leat_graph_op_at(g, i);
        const leat_attr_value *class = leat_attr(op, "_class");
        leat_buf_printf(out, "%s%s", i > 0 ? " " : "", leat_op_name(op));
        for (int k = 0; k < leat_op_control_inputs(op); k++)
            leat_buf_printf(out, "^%s", leat_op_name(leat_op_control_input(op, k)));
        if (class != NULL)
            leat_buf_printf(out, "@%s", ((const leat_bytes *)class->list)[0].data + 5);
    }
}

static const struct {
    const char *texts[3], *prefixes[3];
    const char *names;
} imports[] = {
    {{NODE("a", "") NODE("b", "input: '^a' " HERE("a"))}, {""}, "a b^a@a"},
    {{NODE("a", "") NODE("b", "input: '^a' " HERE("a"))}, {"p"}, "p/a p/b^p/a@p/a"},
    {{NODE("a", ""), NODE("a", "")}, {"p", "p"}, "p/a p_1/a"},
    {{NODE("a", ""), NODE("a", ""), NODE("a", "")}, {"p_1", "p", "p"}, "p_1/a p/a p_2/a"},
    {{NODE("a", ""), NODE("a", "")}, {"P", "p"}, "P/a p_1/a"}, /* scopes don't differ by case alone */
    {{NODE("a", ""), NODE("A", "")}, {"", ""}, "a A"},         /* nodes do */
    {{NODE("p", ""), NODE("a", "")}, {"", "p"}, "p p_1/a"},
    {{NODE("a", ""), NODE("b", "")}, {"p/", "p/"}, "p/a p/b"}, /* entered again */
    {{NODE("p/a", ""), NODE("a", "")}, {"", "p"}, "p/a p/a_1"},
    {{NODE("a", "") NODE("b", "input: '^a' " HERE("a")), NODE("b", HERE("a")) NODE("a", "")},
     {"", ""},
     "a b^a@a b_1@a_1 a_1"},
    {{NODE("a", ""), NODE("a_1", "") NODE("a", "")}, {"", ""}, "a a_1 a_2"}, /* the name of one to come */
    {{NODE("s/a", ""), NODE("s", "") NODE("s_1", "input: '^s' ")}, {"", ""}, "s/a s_2 s_1^s_2"},
};

LEAT_TEST(names_become_unique)
{
    for (size_t i = 0; i < LEAT_LEN(imports); i++) {
        leat_graph *g = leat_graph_new();
        leat_buf names = {0};
        for (size_t k = 0; k < 3 && imports[i].texts[k] != NULL; k++) {
            leat_import_options o = {.size = sizeof o, .prefix = imports[i].prefixes[k]};
            CHECK_OK(import_text(g, imports[i].texts[k], &o));
        }
        print_names(g, &names);
        CHECK_STR(names.data, imports[i].names);
        leat_buf_free(&names);
        leat_graph_free(g);
    }
}

LEAT_TEST(prefixes_that_are_no_scopes)
{
    static const char *const bad[] = {"a b", "_p", "a b/", "\x1b/"};
    for (size_t i = 0; i < LEAT_LEN(bad); i++) {
        leat_graph *g = leat_graph_new();
        leat_import_options o = {.size = sizeof o, .prefix = bad[i]};
        CHECK_FAILS(import_text(g, NODE("a", ""), &o), LEAT_ERR_INVALID_ARGUMENT,
                    "is not a valid scope name");
        leat_graph_free(g);
    }
}

/* What is built on an imported graph gets names that it does not have, and a prefix stands in the scope that is open. */
LEAT_TEST(building_goes_on)
{
    leat_graph *g = leat_graph_new();
    REQUIRE_OK(import_text(g, CONST("Three", "3") UNARY("y", "Neg", "Three"), NULL));
    leat_out sum = leat_add(leat_graph_get(g, "y:0"), leat_scalar(g, 1), .name = "y");
    CHECK_STR(leat_op_name(sum.op), "y_1");
    leat_out three = leat_identity(leat_graph_get(g, "Three:0"), .name = "three");
    CHECK_STR(leat_op_name(three.op), "three_1");
    leat_import_options o = {.size = sizeof o, .prefix = "p"};
    LEAT_NAME_SCOPE (g, "scope")
        CHECK_OK(import_text(g, CONST("c", "4"), &o));
    CHECK(eval_name(g, "scope/p/c:0") == 4);
    CHECK(eval_name(g, "y_1:0") == -2);
    leat_graph_free(g);
}

/* A returned tensor that the input map has is what it was mapped to; the node is the imported one. */
LEAT_TEST(mapped_returns)
{
    leat_graph *g = leat_graph_new();
    leat_out one = float_constant(g, 1), returned[2];
    leat_import_options o = {.size = sizeof o,
                             .prefix = "p",
                             .map_names = (const char *const[]){"x:0"},
                             .map_outs = &one,
                             .n_map = 1,
                             .return_names = (const char *const[]){"x:0", "x"},
                             .return_outs = returned,
                             .n_return = 2};
    REQUIRE_OK(import_text(g, CONST("x", "2") UNARY("y", "Neg", "x"), &o));
    CHECK(returned[0].op == one.op);
    CHECK_STR(leat_op_name(returned[1].op), "p/x");
    leat_graph_free(g);
}

LEAT_TEST(every_name_that_is_mapped_in_vain_is_told)
{
    leat_graph *g = leat_graph_new();
    leat_out outs[3];
    for (int i = 0; i < 3; i++)
        outs[i] = float_constant(g, 1);
    leat_import_options o = {.size = sizeof o,
                             .map_names = (const char *const[]){"far", "x:0", "x:7"},
                             .map_outs = outs,
                             .n_map = 3};
    CHECK_FAILS(import_text(g, CONST("x", "2") UNARY("y", "Neg", "x"), &o), LEAT_ERR_NOT_FOUND,
                "graph: not in the graph, but in the input map: 'far', 'x:7'");
    leat_graph_free(g);
}

/* ---- versions and libraries ---- */

#define FUNCTION(name_, body_) "function { signature { name: '" name_ "' } " body_ " } "

static const struct {
    const char *first, *second, *says; /* says: of the library and the versions; or of the error */
    leat_status status;
} merges[] = {
    {"versions { producer: 30 min_consumer: 4 bad_consumers: [6, 5] }",
     "versions { producer: 27 min_consumer: 9 bad_consumers: [3, 6] }",
     "versions {\n  producer: 27\n  min_consumer: 9\n  bad_consumers: 3\n  bad_consumers: 5\n  bad_consumers: 6\n}\n",
     LEAT_OK},
    {"versions { producer: 30 }", "", "versions {\n}\n", LEAT_OK},
    {"", "versions { bad_consumers: [1, 2474] }", "refuses consumers of version 2474",
     LEAT_ERR_UNIMPLEMENTED},
    {"", "versions { min_consumer: 2475 }", "asks for a consumer of version 2475", LEAT_ERR_UNIMPLEMENTED},
    {"versions { producer: 9 } library { " FUNCTION(
         "f", "ret { key: 'a' value: 'b' } ret { key: 'c' value: 'd' }") "}",
     "versions { producer: 9 } library { " FUNCTION(
         "f", "ret { key: 'c' value: 'd' } ret { key: 'a' value: 'b' }") FUNCTION("g", "") "}",
     "library {\n  function {\n    signature {\n      name: \"f\"\n    }\n    ret {\n      key: \"a\"\n      value: \"b\"\n    }\n"
     "    ret {\n      key: \"c\"\n      value: \"d\"\n    }\n  }\n  function {\n    signature {\n      name: \"g\"\n    }\n  }\n}\n"
     "versions {\n  producer: 9\n}\n",
     LEAT_OK},
    {"library { " FUNCTION("f", "ret { key: 'a' value: 'b' }") "}", "library { " FUNCTION("f", "") "}",
     "function 'f' is in the graph already, and is another one", LEAT_ERR_INVALID_ARGUMENT},
    {"library { gradient { function_name: 'f' gradient_func: 'g' } }",
     "library { gradient { function_name: 'f' gradient_func: 'h' } }",
     "the gradient of function 'f' is in the graph already", LEAT_ERR_INVALID_ARGUMENT},
};

LEAT_TEST(versions_and_libraries_of_two_imports)
{
    for (size_t i = 0; i < LEAT_LEN(merges); i++) {
        leat_graph *g = leat_graph_new();
        leat_buf text = {0};
        void *bytes;
        size_t size, unknown;
        leat_status status = LEAT_OK;
        for (int k = 0; status == LEAT_OK && k < 2; k++) {
            leat_buf_clear(&text);
            leat_buf_printf(&text, "node { name: 'n' op: 'NoOp' } %s",
                            k == 0 ? merges[i].first : merges[i].second);
            status = import_text(g, text.data, NULL);
        }
        if (merges[i].status != LEAT_OK) {
            CHECK_FAILS(status, merges[i].status, merges[i].says);
        } else if (CHECK_OK(status) && CHECK_OK(leat_export_graph_def(g, false, &bytes, &size))) {
            leat_buf_clear(&text);
            CHECK_OK(leat_text_write(leat_graph_def_message, bytes, size, &text, &unknown));
            const char *rest = strstr(text.data, "name: \"n_1\"\n  op: \"NoOp\"\n}\n");
            REQUIRE(rest != NULL);
            CHECK_STR(strchr(rest, '}') + 2, merges[i].says);
            leat_free_bytes(bytes);
        }
        leat_buf_free(&text);
        leat_graph_free(g);
    }
}

/* 1 to 2 MB of versions that are refused, and of libraries of a function each. */
LEAT_TEST(many_versions_and_libraries)
{
    enum { VERSIONS = 400000, LIBRARIES = 60000 };
    leat_graph *g = leat_graph_new();
    leat_buf graph = {0};
    char name[24];
    void *bytes;
    size_t size, at = leat_put_begin(&graph, 4);
    for (uint64_t i = 0; i < VERSIONS; i++)
        leat_put_uint(&graph, 3, VERSIONS + 3000 - i);
    leat_put_end(&graph, at);
    for (int i = 0; i < LIBRARIES; i++) {
        size_t library = leat_put_begin(&graph, 2), function = leat_put_begin(&graph, 1),
               signature = leat_put_begin(&graph, 1);
        snprintf(name, sizeof name, "f%d", i % (LIBRARIES - 1));
        leat_put_bytes(&graph, 1, name, strlen(name));
        leat_put_end(&graph, signature);
        leat_put_end(&graph, function);
        leat_put_end(&graph, library);
    }
    REQUIRE_OK(leat_buf_status(&graph));
    clock_t begin = clock();
    CHECK_OK(leat_import_graph_def(g, graph.data, graph.size, NULL));
    CHECK(clock() - begin <
          5 * CLOCKS_PER_SEC); /* it took a minute, when each was compared with all before it */
    CHECK_OK(leat_export_graph_def(g, false, &bytes, &size));
    CHECK(size > graph.size / 2);
    leat_free_bytes(bytes);
    leat_buf_free(&graph);
    leat_graph_free(g);
}

/* An error in one of several libraries. */
LEAT_TEST(a_bad_library_of_several)
{
    static const unsigned char bytes[] = {18, 2, 10, 0, 18, 2, 10, 9};
    leat_graph *g = leat_graph_new();
    CHECK_FAILS(leat_import_graph_def(g, bytes, sizeof bytes, NULL), LEAT_ERR_DATA_LOSS, "graph:6: ");
    leat_graph_free(g);
}

/* ---- what is kept ---- */

LEAT_TEST(what_is_unknown_is_kept)
{
    static const char text[] =
        "node {\n  name: \"a\"\n  op: \"Const\"\n  device: \"/device:CPU:0\"\n"
        "  attr {\n    key: \"_my_func\"\n    value {\n      func {\n        name: \"f\"\n        attr {\n          key: \"T\"\n"
        "          value {\n            type: DT_INT8\n          }\n        }\n      }\n    }\n  }\n"
        "  attr {\n    key: \"_my_list\"\n    value {\n      list {\n        s: \"x\"\n        s: \"\"\n      }\n    }\n  }\n"
        "  attr {\n    key: \"dtype\"\n    value {\n      type: DT_INT32\n    }\n  }\n"
        "  attr {\n    key: \"value\"\n    value {\n      tensor {\n        dtype: DT_INT32\n        tensor_shape {\n        }\n"
        "        tensor_content: \"\\007\\000\\000\\000\"\n      }\n    }\n  }\n}\n"
        "node {\n  name: \"b\"\n  op: \"OpOfTomorrow\"\n  input: \"a\"\n  input: \"^a\"\n"
        "  attr {\n    key: \"strength\"\n    value {\n      f: 0.5\n    }\n  }\n"
        "  experimental_debug_info {\n    original_node_names: \"b0\"\n  }\n"
        "  experimental_type {\n    type_id: TFT_TENSOR\n  }\n}\n"
        "library {\n  function {\n    signature {\n      name: \"f\"\n    }\n  }\n}\nversions {\n  producer: 27\n  min_consumer: 12\n  bad_consumers: 5\n  bad_consumers: 13\n}\n";
    leat_graph *g = leat_graph_new();
    leat_buf out = {0};
    size_t unknown;
    void *bytes;
    size_t size;
    REQUIRE_OK(import_text(g, text, NULL));
    CHECK_OK(leat_export_graph_def(g, false, &bytes, &size));
    CHECK_OK(leat_text_write(leat_graph_def_message, bytes, size, &out, &unknown));
    CHECK(unknown == 0);
    CHECK_STR(out.data, text);
    leat_free_bytes(bytes);
    leat_buf_free(&out);
    leat_graph_free(g);
}

LEAT_TEST(imports_without_memory)
{
    static const char text[] =
        NODE("a", "") NODE("s/b", "input: '^a' experimental_debug_info { original_node_names: 'b' } " HERE(
                                      "a")) "library { " FUNCTION("f", "") " } versions { bad_consumers: 1 }";
    static const char other[] =
        NODE("s", HERE("a")) NODE("a", "") "library { " FUNCTION("g", "") FUNCTION("f", "") " }";
    EACH_FAULT (f, LEAT_FAULT_ALLOC, 12) {
        fault_start(&f);
        leat_graph *g = leat_graph_new();
        leat_import_options o = {.size = sizeof o, .prefix = "p"};
        leat_status status = g != NULL ? import_text(g, text, NULL) : LEAT_ERR_NO_MEMORY;
        if (status == LEAT_OK)
            status = import_text(g, other, NULL);
        if (status == LEAT_OK)
            status = import_text(g, other, &o);
        CHECK(fault_end(&f) == (status != LEAT_OK));
        leat_graph_free(g);
    }
}
