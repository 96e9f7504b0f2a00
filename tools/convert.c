/* convert.c - `leat convert`: graphs between binary and text, variables frozen, stripped to what outputs need. */
#include <string.h>
#include "base/file-private.h"
#include "engine/files/graph-edit-private.h"
#include "engine/files/graph-schema-private.h"
#include "engine/plan-private.h"
#include "leat.h"
#include "tools/tool-private.h"

typedef struct convert_args {
    const char *output, *freeze, *outputs, *tags;
} convert_args;

static const struct leat_option options[] = {
    {"output", 'o', "FILE", LEAT_BIND_FILE(convert_args, output), .required = true,
     .help = "the graph to write; .pbtxt asks for text, - for standard output"},
    {"freeze", 0, "CHECKPOINT", LEAT_BIND_FILE(convert_args, freeze),
     .help = "turn variables into constants with this checkpoint's values"},
    {"outputs", 0, "NODE,...", LEAT_BIND_TEXT(convert_args, outputs),
     .help = "keep only what these nodes need"},
    {"tags", 0, "TAG,...", LEAT_BIND_TEXT(convert_args, tags), .initial = "serve",
     .help = "of a SavedModel: the tags of the meta graph to take"},
};

/* ---- freezing ---- */

typedef struct frozen {
    const char **names;
    leat_tensor **values;
    size_t n;
} frozen;

static void free_frozen(frozen *f)
{
    for (size_t i = 0; i < f->n; i++)
        leat_tensor_unref(f->values[i]);
    leat_free(f->names);
    leat_free(f->values);
}

/* The value of a variable; a handle's is read by an op of its own. */
static leat_status read_variable(leat_session *s, leat_op *op, leat_tensor **value)
{
    leat_out out = leat_op_output(op, 0);
    if (leat_out_dtype(out) == LEAT_RESOURCE) {
        leat_op_builder *b = leat_op_begin(leat_op_graph(op), "ReadVariableOp", "leat_freeze/Read");
        leat_op_add_input(b, out);
        leat_op_set_type(b, "dtype", leat_attr_type(op, "dtype"));
        leat_op *read = leat_op_end(b);
        if (read == NULL)
            return leat_graph_status(leat_op_graph(op));
        out = leat_op_output(read, 0);
    }
    *value = NULL;
    return leat_eval(s, out, value);
}

static leat_status read_variables(leat_session *s, const leat_graph_edit *e, frozen *f)
{
    leat_graph *g = leat_session_graph(s);
    size_t n = leat_graph_op_count(g);
    f->names = leat_alloc_zero(n + 1, sizeof *f->names);
    f->values = leat_alloc_zero(n + 1, sizeof *f->values);
    if (f->names == NULL || f->values == NULL)
        return leat_fail_memory(n * sizeof *f->names);
    for (size_t i = 0; i < n; i++) {
        leat_op *op = leat_graph_op_at(g, i);
        const char *name = leat_op_name(op);
        const leat_edit_node *node = leat_graph_edit_find(e, (leat_bytes){name, strlen(name)});
        if (!leat_op_is_variable(op) || node == NULL || node->dropped)
            continue;
        LEAT_TRY(read_variable(s, op, &f->values[f->n]));
        f->names[f->n++] = name;
    }
    return LEAT_OK;
}

static leat_status freeze(leat_graph_edit *e, const leat_meta_graph *m, const char *path,
                          const convert_args *a, leat_buf *out)
{
    frozen f = {0};
    leat_session *s = NULL;
    leat_import_options o = {.size = sizeof o, .origin = path};
    leat_session_options one = {.size = sizeof one, .threads = 1};
    leat_graph *g = leat_graph_new();
    leat_status status = g != NULL ? leat_import_opened(g, m, &o) : LEAT_ERR_NO_MEMORY;
    if (status == LEAT_OK)
        status = leat_session_open(&s, g, &one);
    if (status == LEAT_OK)
        status = leat_restore_path(s, m, a->freeze);
    if (status == LEAT_OK)
        status = read_variables(s, e, &f);
    if (status == LEAT_OK)
        status = leat_graph_edit_freeze(e, f.names, f.values, f.n, a->outputs == NULL);
    if (status == LEAT_OK)
        status = leat_graph_edit_write(e, out);
    free_frozen(&f);
    leat_session_free(s);
    leat_graph_free(g);
    return status;
}

/* ---- stripping ---- */

static leat_status strip(leat_graph_edit *e, const char *list)
{
    leat_bytes *names = NULL;
    size_t n = 0, capacity = 0;
    leat_status status = LEAT_OK;
    for (const char *at = list; status == LEAT_OK && *at != '\0';) {
        size_t size = strcspn(at, ",");
        status = leat_grow(&names, &capacity, n + 1, sizeof *names);
        if (status == LEAT_OK && size > 0)
            names[n++] = (leat_bytes){at, size};
        at += size + (at[size] == ',');
    }
    if (status == LEAT_OK && n == 0)
        status = leat_fail(LEAT_ERR_INVALID_ARGUMENT, "--outputs names no node");
    if (status == LEAT_OK)
        status = leat_graph_edit_strip(e, names, n);
    leat_free(names);
    return status;
}

static leat_status edit(const leat_meta_graph *m, const char *path, const convert_args *a, leat_buf *out)
{
    leat_graph_edit e;
    leat_status status = leat_graph_edit_open(&e, m->graph_def, m->graph_def_size, m->graph_def_offset);
    if (status == LEAT_OK && a->outputs != NULL)
        status = strip(&e, a->outputs);
    if (status == LEAT_OK && a->freeze != NULL)
        status = freeze(&e, m, path, a, out);
    else if (status == LEAT_OK)
        status = leat_graph_edit_write(&e, out);
    leat_graph_edit_free(&e);
    return status;
}

/* Are its nodes nodes? What is only copied is not looked at by anybody else. */
static leat_status check_nodes(const leat_meta_graph *m, const char *path)
{
    leat_graph_edit e;
    leat_status status = leat_graph_edit_open(&e, m->graph_def, m->graph_def_size, m->graph_def_offset);
    leat_graph_edit_free(&e);
    return leat_wire_context(status, path);
}

/* ---- what is written ---- */

static bool has_suffix(const char *name, const char *suffix)
{
    size_t n = strlen(name), k = strlen(suffix);
    return n >= k && strcmp(name + n - k, suffix) == 0;
}

/* The name of the output says which message it holds. */
static leat_graph_file_kind kind_of_output(const char *path)
{
    char name[4096];
    const char *base = leat_path_base(path), *dot = strrchr(base, '.');
    size_t n = leat_path_is_text(base) && dot != NULL ? (size_t)(dot - base) : strlen(base);
    if (n >= sizeof name)
        return LEAT_GRAPH_FILE;
    memcpy(name, base, n);
    name[n] = '\0';
    if (strcmp(name, "saved_model") == 0 || strcmp(name, "saved_model.pb") == 0)
        return LEAT_SAVED_MODEL_DIR;
    return has_suffix(name, ".meta") ? LEAT_META_GRAPH_FILE : LEAT_GRAPH_FILE;
}

static leat_status make_output(const leat_meta_graph *m, leat_graph_file_kind kind,
                               leat_graph_file_kind wanted, const char *path, const convert_args *a,
                               leat_buf *out)
{
    static const char *const names[] = {"a GraphDef", "a MetaGraphDef", "a SavedModel"};
    bool edited = a->freeze != NULL || a->outputs != NULL;
    LEAT_TRY(check_nodes(m, path));
    if (wanted > kind)
        return leat_fail(LEAT_ERR_INVALID_ARGUMENT, "%s holds %s, and '%s' would be %s", path, names[kind],
                         a->output, names[wanted]);
    if (wanted != LEAT_GRAPH_FILE && edited)
        return leat_fail(LEAT_ERR_INVALID_ARGUMENT,
                         "--freeze and --outputs make a GraphDef, and '%s' would be %s", a->output,
                         names[wanted]);
    if (edited)
        return leat_wire_context(edit(m, path, a, out), path);
    if (wanted == LEAT_GRAPH_FILE)
        leat_buf_append(out, m->graph_def, m->graph_def_size);
    else if (wanted == LEAT_META_GRAPH_FILE)
        leat_buf_append(out, m->meta.data, m->meta.size);
    else
        leat_buf_append(out, m->file.data, m->file.size);
    return leat_buf_status(out);
}

static leat_status convert(leat_tool *t, const char *path, const convert_args *a)
{
    leat_graph_file_kind kind, wanted = kind_of_output(a->output);
    leat_meta_graph m;
    leat_buf out = {0};
    LEAT_TRY(leat_graph_file_open_tags(&m, path, a->tags, &kind));
    const leat_proto_message *message = wanted == LEAT_GRAPH_FILE        ? leat_graph_def_message
                                        : wanted == LEAT_META_GRAPH_FILE ? leat_meta_graph_message
                                                                         : leat_saved_model_message;
    leat_status status = make_output(&m, kind, wanted, path, a, &out);
    if (status == LEAT_OK && strcmp(a->output, "-") == 0) {
        leat_print_bytes(t, out.data, out.size);
    } else if (status == LEAT_OK) {
        status = leat_write_graph_bytes(a->output, message, &out, false);
        if (status == LEAT_ERR_DATA_LOSS) /* bytes that can't be printed */
            leat_fail_context(status, "%s", path);
    }
    leat_buf_free(&out);
    leat_meta_graph_free(&m);
    return status;
}

static int run(leat_tool *t, const void *values)
{
    leat_status status = convert(t, t->operands.items[0], values);
    return status == LEAT_OK ? LEAT_EXIT_OK : leat_tool_fail(t, status);
}

const struct leat_command leat_command_convert = LEAT_COMMAND(
    "convert", "GRAPH -o FILE", "convert, freeze or strip a graph", .min_operands = 1, .max_operands = 1,
    .details =
        "GRAPH is a GraphDef (.pb), a MetaGraphDef (.meta), either of them as text (.pbtxt), or a SavedModel directory. FILE "
        "gets its GraphDef; where FILE is named .meta or .meta.pbtxt, the whole MetaGraphDef, and where it is named "
        "saved_model.pb or saved_model.pbtxt, the whole SavedModel. Nothing that is not asked for is changed; only fields "
        "that have no name here, and the bits of NaNs, are lost in a text.\n\n"
        "--freeze writes constants for variables and Identity for what reads them, as TensorFlow's freeze_graph; a saver in "
        "the MetaGraphDef is used to restore, else the variables' names. Without --outputs what needs a variable itself, such "
        "as its initializer, an optimizer or a saver, goes with all that depends on it; what led to these alone, such as initial "
        "values and gradients, stays, since nobody said that it is no output: name the --outputs to be rid of it.",
    LEAT_OPTIONS(options, convert_args), .run = run);
