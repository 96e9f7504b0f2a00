/* Graphs in files: errors in texts; meta graphs kept on a round trip; SavedModels loaded; old spellings; bytes edited. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/file-private.h"
#include "check.h"
#include "engine/files/graph-edit-private.h"
#include "engine/files/graph-schema-private.h"
#include "graph-text.h"
#include "import.h"
#include "leat.h"

static const char *write_file(const char *name, const void *bytes, size_t size)
{
    static char path[1024];
    snprintf(path, sizeof path, "%s/%s", check_temp_dir(), name);
    CHECK_OK(leat_file_replace(path, bytes, size, false));
    return path;
}

/* ---- import ---- */

LEAT_TEST(errors_name_the_line)
{
    static const char text[] =
        "# a graph\n" CONST("a", "1") "\n\nnode {\n  name: 'b' op: 'Neg' input: 'c'\n}\n";
    leat_graph *g = leat_graph_new();
    CHECK_FAILS(leat_import_graph_file(g, write_file("g.pbtxt", text, strlen(text)), NULL),
                LEAT_ERR_INVALID_ARGUMENT, "g.pbtxt:4: node 'b' (Neg): input 'c' is not in the graph");
    leat_graph_free(g);
    g = leat_graph_new();
    CHECK_FAILS(leat_import_graph_file(g, write_file("g.pbtxt", "node {\n nam: 3 }", 16), NULL),
                LEAT_ERR_DATA_LOSS, "g.pbtxt:2:2: NodeDef has no field 'nam'");
    leat_graph_free(g);
    g = leat_graph_new(); /* 9: text where binary was said */
    CHECK_FAILS(leat_import_graph_file(g, write_file("g.pb", text + 10, strlen(text + 10)), NULL),
                LEAT_ERR_DATA_LOSS, "g.pb:0: this is text: its name must end in .pbtxt");
    leat_graph_free(g);
    g = leat_graph_new();
    CHECK_FAILS(leat_import_graph_file(g, write_file("g.pbtxt", "# nothing\n", 10), NULL), LEAT_ERR_DATA_LOSS,
                "g.pbtxt:1:1: the text is empty");
    leat_graph_free(g);
}

/* ---- old spellings: as TensorFlow 1.x wrote them ---- */

static const struct {
    const char *graph; /* node "f" is fetched */
    double value;      /* its first element */
} spellings[] = {
    {"a = Const() dtype:type=float value:tensor=float[]2; f = Add(a,a) T:type=float", 4},
    {"a = Const() dtype:type=float value:tensor=float[]5; b = Const() dtype:type=float value:tensor=float[]2; f = Sub(a,b) T:type=float",
     3},
    {"a = Const() dtype:type=float value:tensor=float[]5; b = Const() dtype:type=float value:tensor=float[]2; f = Mul(a,b) T:type=float",
     10},
    {"a = Const() dtype:type=float value:tensor=float[]5; b = Const() dtype:type=float value:tensor=float[]2; f = Div(a,b) T:type=float",
     2.5},
    {"v = Variable() dtype:type=float shape:shape=; c = Const() dtype:type=float value:tensor=float[]7; "
     "f = Assign(v,c) T:type=float",
     7},
    {"v = Variable() dtype:type=float shape:shape=; c = Const() dtype:type=float value:tensor=float[]7; "
     "a = Assign(v,c) T:type=float; f = RefIdentity(a) T:type=float",
     7},
    {"a = Const() dtype:type=float value:tensor=float[1,2,2]1,2,3,4; f = BatchMatMul(a,a) T:type=float", 7},
    {"a = Const() dtype:type=float value:tensor=float[1,2,2]1,2,3,4; f = BatchMatMul(a,a) T:type=float adj_x:bool=true",
     10},
    {"p = Const() dtype:type=float value:tensor=float[1,3]1,3,2; t = Const() dtype:type=int32 value:tensor=int32[1]2; "
     "b = InTopK(p,t) k:int=2; f = Cast(b) SrcT:type=bool DstT:type=float",
     1},
    {"p = Const() dtype:type=float value:tensor=float[3]1,3,2; f = TopK(p) k:int=2 T:type=float", 3},
    {"a = Const() dtype:type=float value:tensor=float[]2; f = Pack(a,a) N:int=2 T:type=float", 2},
    {"d = Const() dtype:type=int32 value:tensor=int32[]0; a = Const() dtype:type=float value:tensor=float[1]2; "
     "f = Concat(d,a,a) N:int=2 T:type=float",
     2},
    {"d = Const() dtype:type=int32 value:tensor=int32[]0; a = Const() dtype:type=float value:tensor=float[4]1,2,3,4; "
     "s = Split(d,a) num_split:int=2 T:type=float; f = Identity(s:1) T:type=float",
     3},
    {"a = Const() dtype:type=float value:tensor=float[]2; f = Inv(a) T:type=float", 0.5},
    {"a = Const() dtype:type=float value:tensor=float[2]1,2; i = Const() dtype:type=int32 value:tensor=int32[]1; f = Gather(a,i) Tparams:type=float Tindices:type=int32",
     2},
    {"a = Const() dtype:type=float value:tensor=float[2]1,2; d = Const() dtype:type=bool value:tensor=bool[1]1; f = Reverse(a,d) T:type=float",
     2},
    {"a = Const() dtype:type=float value:tensor=float[2]1,2; i = Const() dtype:type=float value:tensor=float[1]2; "
     "f = ListDiff(a,i) T:type=float",
     1},
    {"c = Const() dtype:type=bool value:tensor=bool[]1; a = Const() dtype:type=float value:tensor=float[]1; f = Select(c,a,a) T:type=float",
     1},
    {"a = Const() dtype:type=float value:tensor=float[1,2]1,3; i = Const() dtype:type=int32 value:tensor=int32[1]1; "
     "f = Sum(a,i) T:type=float keep_dims:bool=true",
     4},
    {"a = Const() dtype:type=float value:tensor=float[1,1,2]1,3; f = Squeeze(a) squeeze_dims:ints=0 T:type=float",
     1},
    {"x = Const() dtype:type=float value:tensor=float[1,1,1,1]3; o = Const() dtype:type=float value:tensor=float[1]1; "
     "z = Const() dtype:type=float value:tensor=float[1]0; f = FusedBatchNorm(x,o,z,z,o) T:type=float epsilon:float=0 "
     "is_training:bool=false",
     3},
};

LEAT_TEST(old_spellings_run)
{
    for (size_t i = 0; i < LEAT_LEN(spellings); i++) {
        leat_buf b = {0};
        leat_graph *g = leat_graph_new();
        leat_session *s = NULL;
        leat_tensor *value = NULL;
        graph_text(&b, spellings[i].graph);
        leat_status status = leat_import_graph_def(g, b.data, b.size, NULL);
        if (status == LEAT_OK)
            status = leat_session_open(&s, g, NULL);
        if (status == LEAT_OK)
            status = leat_eval(s, leat_graph_get(g, "f:0"), &value);
        if (!CHECK(status == LEAT_OK))
            printf("\n    %s\n    %s\n", spellings[i].graph, leat_message());
        else if (!CHECK(((const float *)leat_tensor_data(value))[0] == (float)spellings[i].value))
            printf("\n    %s\n    %g\n", spellings[i].graph, ((const float *)leat_tensor_data(value))[0]);
        leat_tensor_unref(value);
        leat_session_free(s);
        leat_graph_free(g);
        leat_buf_free(&b);
    }
}

/* ---- meta graphs ---- */

#define LINES8 "        "
static const char meta_text[] =
    "meta_info_def {\n  tags: \"train\"\n  tensorflow_version: \"1.15.0\"\n  stripped_default_attrs: true\n}\n"
    "graph_def {\n"
    "  node {\n    name: \"v\"\n    op: \"VariableV2\"\n"
    "    attr {\n      key: \"container\"\n      value {\n        s: \"\"\n      }\n    }\n"
    "    attr {\n      key: \"dtype\"\n      value {\n        type: DT_FLOAT\n      }\n    }\n"
    "    attr {\n      key: \"shape\"\n      value {\n        shape {\n        }\n      }\n    }\n"
    "    attr {\n      key: \"shared_name\"\n      value {\n        s: \"\"\n      }\n    }\n  }\n"
    "  node {\n    name: \"save/Const\"\n    op: \"Placeholder\"\n"
    "    attr {\n      key: \"dtype\"\n      value {\n        type: DT_STRING\n      }\n    }\n"
    "    attr {\n      key: \"shape\"\n      value {\n        shape {\n        }\n      }\n    }\n  }\n"
    "  node {\n    name: \"save/restore_all\"\n    op: \"NoOp\"\n  }\n"
    "  versions {\n    producer: 134\n  }\n}\n"
    "saver_def {\n  filename_tensor_name: \"save/Const:0\"\n  save_tensor_name: \"save/Const:0\"\n"
    "  restore_op_name: \"save/restore_all\"\n  max_to_keep: 7\n  sharded: true\n"
    "  keep_checkpoint_every_n_hours: 2.5\n  version: V1\n}\n"
    "collection_def {\n  key: \"my_bytes\"\n  value {\n    bytes_list {\n      value: \"\\001\\377\"\n    }\n  }\n}\n"
    "collection_def {\n  key: \"my_floats\"\n  value {\n    float_list {\n      value: 0.5\n      value: 2.0\n    }\n  }\n}\n"
    "collection_def {\n  key: \"train_op\"\n  value {\n    node_list {\n      value: \"save/restore_all\"\n    }\n  }\n}\n"
    "collection_def {\n  key: \"variables\"\n  value {\n    bytes_list {\n"
    "      value: \"\\n\\003v:0\\\"\\013\\n\\001v\\022\\002\\002\\002\\032\\002\\000\\0008\\001\"\n    }\n  }\n}\n"
    "signature_def {\n  key: \"serving_default\"\n  value {\n    inputs {\n      key: \"in\"\n      value {\n"
    "        name: \"v:0\"\n        dtype: DT_FLOAT\n        tensor_shape {\n        }\n      }\n    }\n"
    "    method_name: \"predict\"\n  }\n}\n"
    "asset_file_def {\n  tensor_info {\n    name: \"save/Const:0\"\n  }\n  filename: \"vocabulary.txt\"\n}\n";

static char *read_back(const char *path)
{
    leat_buf b = {0};
    CHECK_OK(leat_file_read_all(path, 0, &b));
    char *copy = leat_strdup(b.data != NULL ? b.data : "");
    leat_buf_free(&b);
    return copy;
}

/* All that a meta graph says comes back, also what Leat has no use for. */
LEAT_TEST(meta_graph_round_trip)
{
    leat_graph *g = leat_graph_new();
    leat_saver *saver;
    char out[1024];
    REQUIRE_OK(leat_import_meta_graph(&saver, g, write_file("m.meta.pbtxt", meta_text, strlen(meta_text))));
    CHECK(leat_collection_count(g, LEAT_GLOBAL_VARIABLES) == 1);
    CHECK(leat_signature_input(g, "serving_default", "in").op == leat_graph_find(g, "v"));
    CHECK(leat_signature_output(g, "serving_default", "in").op == NULL);
    snprintf(out, sizeof out, "%s/again.meta.pbtxt", check_temp_dir());
    CHECK_OK(leat_export_meta_graph(g, saver, out));
    char *again = read_back(out);
    CHECK_STR(again, meta_text);
    leat_free(again);

    /* A collection that grew is written as it is now; the others as they came. */
    leat_collection_add(g, "train_op", (leat_out){leat_graph_find(g, "v"), 0});
    CHECK_OK(leat_export_meta_graph(g, saver, out));
    again = read_back(out);
    CHECK(strstr(again, "value: \"save/restore_all\"\n      value: \"v:0\"\n") != NULL);
    CHECK(strstr(again, "key: \"my_floats\"") != NULL);
    leat_free(again);
    leat_saver_free(saver);
    leat_graph_free(g);
}

LEAT_TEST(from_memory_and_back)
{
    leat_graph *g = leat_graph_new(), *h = leat_graph_new(), *k = leat_graph_new();
    leat_saver *saver = NULL, *again = NULL;
    void *bytes = NULL;
    char *text = NULL, *same = NULL;
    size_t size, text_size, same_size;
    REQUIRE_OK(leat_import_meta_graph_bytes(&saver, g, meta_text, strlen(meta_text))); /* text */
    CHECK_OK(leat_export_meta_graph_bytes(g, saver, &bytes, &size));
    REQUIRE_OK(leat_import_meta_graph_bytes(&again, h, bytes, size)); /* binary */
    CHECK(again != NULL && leat_collection_count(h, LEAT_GLOBAL_VARIABLES) == 1);
    CHECK_OK(leat_export_graph_text(h, &text, &text_size));
    CHECK(text != NULL && strlen(text) == text_size && strstr(text, "op: \"VariableV2\"") != NULL);
    CHECK_OK(leat_import_graph_text(k, text, text_size, NULL));
    CHECK_OK(leat_export_graph_text(k, &same, &same_size));
    CHECK_STR(same, text);
    leat_free_bytes(bytes);
    leat_free_bytes(text);
    leat_free_bytes(same);
    leat_saver_free(saver);
    leat_saver_free(again);
    leat_graph_free(g);
    leat_graph_free(h);
    leat_graph_free(k);
    g = leat_graph_new();
    CHECK_FAILS(leat_import_meta_graph_bytes(&saver, g, "node { }", 8), LEAT_ERR_INVALID_ARGUMENT,
                "another message");
    CHECK_FAILS(leat_import_meta_graph_bytes(&saver, g, "", 0), LEAT_ERR_DATA_LOSS, "meta graph:0: no graph");
    CHECK_FAILS(leat_import_graph_text(g, "node {\n nom: 1", 14, NULL), LEAT_ERR_DATA_LOSS,
                "graph:2:2: NodeDef has no field");
    leat_graph_free(g);
}

/* A checkpoint with its meta graph, of a variable "w" of three floats; the prefix. */
static const char *save_w(char *prefix, size_t size)
{
    leat_graph *g = leat_graph_new();
    leat_out w = leat_variable(leat_constant_f32(g, LEAT_SHAPE(3), (float[]){1, 2, 3}, NULL), .name = "w");
    leat_collection_add(g, "answers", leat_raw_identity(w, .name = "answer"));
    leat_saver *saver = leat_saver_new(g);
    leat_session *s;
    CHECK_OK(leat_session_open(&s, g, NULL));
    CHECK_OK(leat_run_init(s));
    snprintf(prefix, size, "%s/scoped/model", check_temp_dir());
    CHECK_OK(leat_save(saver, s, prefix));
    leat_session_free(s);
    leat_saver_free(saver);
    leat_graph_free(g);
    return prefix;
}

/* As import_scope of tf.train.import_meta_graph: twice the same model in one graph, each with its own saver. */
LEAT_TEST(meta_graph_into_scopes)
{
    char prefix[600], meta[640], out[640];
    leat_graph *g = leat_graph_new();
    leat_saver *savers[3] = {0};
    leat_session *s;
    snprintf(meta, sizeof meta, "%s.meta", save_w(prefix, sizeof prefix));
    REQUIRE_OK(leat_import_meta_graph_scope(&savers[0], g, meta, "net"));
    REQUIRE_OK(leat_import_meta_graph_scope(&savers[1], g, meta, "net"));
    REQUIRE_OK(leat_import_meta_graph_scope(&savers[2], g, meta, "deep/er/"));
    static const char *const scopes[] = {"net", "net_1", "deep/er"};
    REQUIRE(leat_collection_count(g, LEAT_GLOBAL_VARIABLES) == 3 && leat_collection_count(g, "answers") == 3);
    REQUIRE_OK(leat_session_open(&s, g, NULL));
    for (size_t i = 0; i < 3; i++) {
        char name[64];
        leat_tensor *value = NULL;
        snprintf(name, sizeof name, "%s/w", scopes[i]);
        CHECK_STR(leat_op_name(leat_collection_get(g, LEAT_GLOBAL_VARIABLES, i).op), name);
        snprintf(name, sizeof name, "%s/answer", scopes[i]);
        leat_out answer = leat_collection_get(g, "answers", i);
        CHECK_STR(leat_op_name(answer.op), name);
        CHECK_FAILS(leat_eval(s, answer, &value), LEAT_ERR_FAILED_PRECONDITION, "");
        REQUIRE(savers[i] != NULL);
        CHECK_OK(leat_restore(savers[i], s, prefix)); /* the checkpoint's names have no scope */
        REQUIRE_OK(leat_eval(s, answer, &value));
        CHECK(((const float *)leat_tensor_data(value))[2] == 3);
        leat_tensor_unref(value);
    }
    leat_session_free(s);

    /* What is written again says what the graph is now. */
    leat_graph *h = leat_graph_new();
    leat_saver *again;
    snprintf(out, sizeof out, "%s/scoped.meta", check_temp_dir());
    CHECK_OK(leat_export_meta_graph(g, savers[1], out));
    REQUIRE_OK(leat_import_meta_graph(&again, h, out));
    CHECK(leat_collection_count(h, LEAT_GLOBAL_VARIABLES) == 3);
    CHECK_STR(leat_op_name(leat_collection_get(h, "answers", 1).op), "net_1/answer");
    leat_saver_free(again);
    leat_graph_free(h);
    for (size_t i = 0; i < 3; i++)
        leat_saver_free(savers[i]);
    leat_graph_free(g);
}

/* Signatures are of the whole and left out; a scope that is no name is refused. */
LEAT_TEST(meta_graph_into_a_scope_keeps_what_makes_sense_there)
{
    leat_graph *g = leat_graph_new(), *h = leat_graph_new();
    leat_saver *saver = NULL, *none = NULL;
    const char *path = write_file("m.meta.pbtxt", meta_text, strlen(meta_text));
    REQUIRE_OK(leat_import_meta_graph_scope(&saver, g, path, "in"));
    CHECK_STR(leat_op_name(leat_collection_get(g, "train_op", 0).op), "in/save/restore_all");
    CHECK(leat_signature_input(g, "serving_default", "in").op == NULL);
    leat_saver_free(saver);
    CHECK(leat_import_meta_graph_scope(&none, h, path, "no name") != LEAT_OK && none == NULL);
    leat_graph_free(g);
    leat_graph_free(h);
}

/* 40: collections and signatures that name absent nodes. */
LEAT_TEST(meta_graphs_that_name_absent_nodes)
{
    static const struct {
        const char *replace, *by, *says;
    } rows[] = {
        {"value: \"save/restore_all\"\n    }", "value: \"gone\"\n    }",
         "collection 'train_op' names 'gone'"},
        {"name: \"v:0\"", "name: \"w:0\"", "signature 'serving_default' names 'w:0'"},
        {"name: \"v:0\"", "name: \"v:1\"", "signature 'serving_default' names 'v:1'"},
        {"restore_op_name: \"save/restore_all\"", "restore_op_name: \"x\"", "the saver names"},
        {"\\n\\003v:0", "\\n\\003w:0", "collection 'variables' names 'w:0'"},
        {"\\n\\003v:0", "\\n\\377v:0", "length beyond the end"},
    };
    for (size_t i = 0; i < LEAT_LEN(rows); i++) {
        char text[sizeof meta_text + 64];
        const char *at = strstr(meta_text, rows[i].replace);
        REQUIRE(at != NULL);
        int n = snprintf(text, sizeof text, "%.*s%s%s", (int)(at - meta_text), meta_text, rows[i].by,
                         at + strlen(rows[i].replace));
        leat_graph *g = leat_graph_new();
        leat_saver *saver = NULL;
        leat_status status = leat_import_meta_graph(&saver, g, write_file("m.meta.pbtxt", text, (size_t)n));
        if (!CHECK(status != LEAT_OK && strstr(leat_message(), rows[i].says) != NULL))
            printf("\n    %s: %s\n", rows[i].says, leat_message());
        leat_saver_free(saver);
        leat_graph_free(g);
    }
}

/* ---- SavedModel ---- */

static void put_signature(leat_buf *b, const char *key, const char *output, const char *name)
{
    size_t entry = leat_put_begin(b, 5);
    leat_put_string(b, 1, key);
    size_t signature = leat_put_begin(b, 2), tensor = leat_put_begin(b, 2);
    leat_put_string(b, 1, output);
    size_t info = leat_put_begin(b, 2);
    leat_put_string(b, 1, name);
    leat_put_end(b, info);
    leat_put_end(b, tensor);
    leat_put_end(b, signature);
    leat_put_end(b, entry);
}

/* What is added to a meta graph's bytes: protobuf merges. */
static void put_saved_parts(leat_buf *b, const char *const *tags, bool by_signature)
{
    size_t info = leat_put_begin(b, 1);
    for (; *tags != NULL; tags++)
        leat_put_string(b, 4, *tags);
    leat_put_end(b, info);
    if (by_signature) {
        put_signature(b, "__saved_model_init_op", "__saved_model_init_op", "set_path");
    } else {
        size_t entry = leat_put_begin(b, 4);
        leat_put_string(b, 1, "legacy_init_op");
        size_t value = leat_put_begin(b, 2), list = leat_put_begin(b, 1);
        leat_put_string(b, 1, "set_path");
        leat_put_end(b, list);
        leat_put_end(b, value);
        leat_put_end(b, entry);
    }
    put_signature(b, "serving_default", "y", "v/read:0");
    size_t asset = leat_put_begin(b, 6), tensor = leat_put_begin(b, 1);
    leat_put_string(b, 1, "asset:0");
    leat_put_end(b, tensor);
    leat_put_string(b, 2, "words.txt");
    leat_put_end(b, asset);
}

/* A model with a variable of 2.5 and an init op that keeps the path of its asset. */
static void make_saved_model(const char *dir, bool by_signature, bool as_text)
{
    char path[1024];
    leat_graph *g = leat_graph_new();
    leat_out v = leat_variable(leat_scalar(g, 2.5f), .name = "v");
    leat_tensor *unset = leat_tensor_from(LEAT_STRING, LEAT_SCALAR, &(const char *){"unset"});
    leat_out asset = leat_constant(g, unset, .name = "asset");
    leat_out path_variable = leat_raw_variable_v2(g, LEAT_SCALAR, LEAT_STRING, .name = "path");
    leat_out set = leat_raw_assign(path_variable, asset, .name = "set_path");
    leat_saver *saver = leat_saver_new(g, .var_list = LEAT_OUTS(v));
    leat_session *s = leat_session_new(g, NULL);
    CHECK(set.op != NULL);
    CHECK_OK(leat_run_init(s));
    snprintf(path, sizeof path, "%s/variables", dir);
    CHECK_OK(leat_dir_make(path, false));
    snprintf(path, sizeof path, "%s/variables/variables", dir);
    CHECK_OK(leat_save(saver, s, path, .no_meta_graph = true));
    snprintf(path, sizeof path, "%s/meta", dir);
    CHECK_OK(leat_export_meta_graph(g, saver, path));

    leat_buf meta = {0}, model = {0};
    CHECK_OK(leat_file_read_all(path, 0, &meta));
    size_t before = meta.size;
    put_saved_parts(&meta, (const char *const[]){"serve", "gpu", NULL}, by_signature);
    leat_put_uint(&model, 1, 1);
    leat_put_bytes(&model, 2, meta.data, meta.size);
    meta.size = before;
    put_saved_parts(&meta, (const char *const[]){"serve", NULL}, by_signature);
    leat_put_bytes(&model, 2, meta.data, meta.size);
    snprintf(path, sizeof path, "%s/saved_model.%s", dir, as_text ? "pbtxt" : "pb");
    CHECK_OK(leat_write_graph_bytes(path, leat_saved_model_message, &model, false));
    leat_buf_free(&meta);
    leat_buf_free(&model);
    leat_saver_free(saver);
    leat_session_free(s);
    leat_graph_free(g);
    leat_tensor_unref(unset);
}

LEAT_TEST(saved_models_are_loaded)
{
    for (int i = 0; i < 4; i++) {
        char dir[1000], want[1024];
        snprintf(dir, sizeof dir, "%s/model%d", check_temp_dir(), i);
        make_saved_model(dir, i & 1, i & 2);
        leat_graph *g = leat_graph_new();
        leat_session *s = NULL;
        leat_tensor *path = NULL;
        float value = 0;
        if (CHECK_OK(leat_load_saved_model(&s, g, dir, NULL, NULL))) {
            CHECK_OK(leat_eval_f32(s, leat_signature_output(g, "serving_default", "y"), &value));
            CHECK(value == 2.5f);
            CHECK_OK(leat_eval(s, leat_graph_get(g, "path:0"), &path));
            snprintf(want, sizeof want, "%s/assets/words.txt", dir);
            CHECK_STR(leat_tensor_string(path, 0, NULL), want);
        }
        leat_tensor_unref(path);
        leat_session_free(s);
        leat_graph_free(g);
    }
}

LEAT_TEST(saved_models_by_tags)
{
    static const struct {
        const char *tags, *says;
    } rows[] = {{"serve", NULL},
                {"gpu,serve", NULL},
                {"gpu", NULL},
                {"train", "is tagged 'train'; there are: serve,gpu; serve"}};
    char dir[1000];
    snprintf(dir, sizeof dir, "%s/model", check_temp_dir());
    make_saved_model(dir, true, false);
    for (size_t i = 0; i < LEAT_LEN(rows); i++) {
        leat_graph *g = leat_graph_new();
        leat_session *s = NULL;
        leat_status status = leat_load_saved_model(&s, g, dir, rows[i].tags, NULL);
        if (rows[i].says != NULL)
            CHECK_FAILS(status, LEAT_ERR_NOT_FOUND, rows[i].says);
        else
            CHECK_OK(status);
        leat_session_free(s);
        leat_graph_free(g);
    }
}

/* ---- bytes edited ---- */

static const char edit_text[] = CONST("a", "2") CONST("b", "3") UNARY(
    "n", "Neg",
    "a") "node { name: 'm' op: 'Mul' input: 'n' input: 'b' input: '^ctl' attr { key: 'T' value { type: DT_FLOAT } } "
         "attr { key: '_class' value { list { s: 'loc:@b' s: 'loc:@far' } } } } "
         "node { name: 'ctl' op: 'NoOp' } " UNARY("far", "Neg", "b") "versions { producer: 1 }";

static void open_edit(leat_graph_edit *e, leat_buf *wire, const char *text)
{
    CHECK_OK(leat_text_read(leat_graph_def_message, "test", text, strlen(text), wire, NULL));
    leat_put_uint(wire, 1234, 5); /* a field of tomorrow */
    CHECK_OK(leat_graph_edit_open(e, wire->data, wire->size, 0));
}

LEAT_TEST(an_edit_without_changes_changes_nothing)
{
    leat_graph_edit e;
    leat_buf wire = {0}, out = {0};
    open_edit(&e, &wire, edit_text);
    CHECK_OK(leat_graph_edit_write(&e, &out));
    CHECK(out.size == wire.size && memcmp(out.data, wire.data, out.size) == 0);
    leat_graph_edit_free(&e);
    leat_buf_free(&wire);
    leat_buf_free(&out);
}

LEAT_TEST(stripped_to_the_ancestors)
{
    leat_graph_edit e;
    leat_buf wire = {0}, out = {0}, text = {0};
    size_t unknown;
    open_edit(&e, &wire, edit_text);
    CHECK_FAILS(leat_graph_edit_strip(&e, &(leat_bytes){"q:1", 3}, 1), LEAT_ERR_NOT_FOUND,
                "output 'q:1' is not in the graph");
    CHECK_OK(leat_graph_edit_strip(&e, &(leat_bytes){"m:0", 3}, 1));
    CHECK_OK(leat_graph_edit_write(&e, &out));
    CHECK_OK(leat_text_write(leat_graph_def_message, out.data, out.size, &text, &unknown));
    CHECK(unknown == 1);
    CHECK(strstr(text.data, "\"ctl\"") != NULL && strstr(text.data, "\"a\"") != NULL);
    CHECK(strstr(text.data, "\"far\"") == NULL && strstr(text.data, "loc:@far") == NULL);
    CHECK(strstr(text.data, "loc:@b") != NULL);
    leat_graph_edit_free(&e);
    leat_buf_free(&wire);
    leat_buf_free(&out);
    leat_buf_free(&text);
}

#define REF                                                                                                  \
    "node { name: 'v' op: 'VariableV2' attr { key: 'dtype' value { type: DT_FLOAT } } attr { key: 'shape' value { shape { } } } } "
#define HANDLE                                                                                               \
    "node { name: 'r' op: 'VarHandleOp' attr { key: 'dtype' value { type: DT_FLOAT } } attr { key: 'shape' value { shape { dim { size: 2 } } } } } "

static const char freeze_text[] = REF HANDLE UNARY(
    "v/read", "Identity",
    "v") "node { name: 'r/read' op: 'ReadVariableOp' input: 'pass' attr { key: 'dtype' value { type: DT_FLOAT } } attr { key: 'mine' value { i: 1 } } } "
         "node { name: 'pass' op: 'Identity' input: 'r' attr { key: 'T' value { type: DT_RESOURCE } } } "
         "node { name: 'i' op: 'Const' attr { key: 'dtype' value { type: DT_INT32 } } attr { key: 'value' value { tensor { dtype: DT_INT32 int_val: 1 } } } } "
         "node { name: 'g' op: 'ResourceGather' input: 'r' input: 'i' input: '^r/read' attr { key: 'dtype' value { type: DT_FLOAT } } "
         "attr { key: 'Tindices' value { type: DT_INT32 } } attr { key: 'validate_indices' value { b: true } } } "
         "node { name: 'f' op: 'AddV2' input: 'v/read' input: 'g' attr { key: 'T' value { type: DT_FLOAT } } } "
         "node { name: 'set' op: 'Assign' input: 'v' input: 'f' attr { key: 'T' value { type: DT_FLOAT } } } "
         "node { name: 'after' op: 'NoOp' input: '^set' } ";

static void freeze(const char *output, bool drop, leat_buf *out, leat_status want, const char *says)
{
    leat_graph_edit e;
    leat_buf wire = {0};
    leat_tensor *values[] = {leat_tensor_from(LEAT_FLOAT, LEAT_SCALAR, &(float){10}),
                             leat_tensor_from(LEAT_FLOAT, LEAT_SHAPE(2), (float[]){1, 2})};
    open_edit(&e, &wire, freeze_text);
    if (output != NULL)
        CHECK_OK(leat_graph_edit_strip(&e, &(leat_bytes){output, strlen(output)}, 1));
    leat_status status = leat_graph_edit_freeze(&e, (const char *const[]){"v", "r"}, values, 2, drop);
    if (want == LEAT_OK)
        CHECK_OK(status);
    else
        CHECK_FAILS(status, want, says);
    if (status == LEAT_OK)
        CHECK_OK(leat_graph_edit_write(&e, out));
    leat_graph_edit_free(&e);
    leat_tensor_unref(values[0]);
    leat_tensor_unref(values[1]);
    leat_buf_free(&wire);
}

LEAT_TEST(variables_frozen)
{
    for (int drop = 0; drop < 2; drop++) {
        leat_buf out = {0};
        freeze(drop ? NULL : "f", drop, &out, LEAT_OK, NULL);
        leat_graph *g = leat_graph_new();
        if (CHECK_OK(leat_import_graph_def(g, out.data, out.size, NULL))) {
            CHECK(eval_name(g, "f:0") == 12);
            CHECK_STR(leat_op_type(leat_graph_find(g, "v")), "Const");
            CHECK_STR(leat_op_type(leat_graph_find(g, "r/read")), "Identity");
            CHECK_STR(leat_op_type(leat_graph_find(g, "g")), "GatherV2");
            CHECK(leat_attr(leat_graph_find(g, "r/read"), "mine") != NULL);
            CHECK(leat_graph_find(g, "set") == NULL && leat_graph_find(g, "after") == NULL);
        }
        leat_graph_free(g);
        leat_buf_free(&out);
    }
    leat_buf none = {0};
    freeze("after", false, &none, LEAT_ERR_INVALID_ARGUMENT,
           "node 'set' (Assign): it needs the variable itself, not its value: 'v'");
    leat_buf_free(&none);
}
