/* graph-bytes.c - finding the GraphDef in files of several kinds. MetaGraphDef: graph_def = 2; SavedModel:
 * meta_graphs = 2. Source: TensorFlow's meta_graph.proto and saved_model.proto. */
#include "config.h"
#include "tools/graph-bytes-private.h"

#include "base/file-private.h"
#include "events/reader-private.h"
#include "proto/wire-private.h"

static bool ends_with(const char *text, const char *end)
{
    size_t n = strlen(text), k = strlen(end);
    return n >= k && strcmp(text + n - k, end) == 0;
}

/* Goes down into the first field of that number; `what` is missing if there is none. */
static leat_status enter(leat_graph_bytes *g, leat_wire *w, uint32_t number, const char *what)
{
    leat_field f;
    while (leat_wire_next(w, &f))
        if (f.number == number && f.type == LEAT_WIRE_BYTES) {
            g->graph_def = f.bytes;
            g->size = f.size;
            *w = leat_wire_sub(w, &f);
            return LEAT_OK;
        }
    LEAT_TRY(leat_wire_status(w));
    return leat_fail(LEAT_ERR_DATA_LOSS, "there is no %s in it", what);
}

static leat_status find_graph(leat_graph_bytes *g, bool saved_model, bool meta)
{
    g->graph_def = g->file.data ? g->file.data : "";
    g->size = g->file.size;
    leat_wire w = leat_wire_from(g->graph_def, g->size, 0);
    if (saved_model)
        LEAT_TRY(enter(g, &w, 2, "MetaGraphDef"));
    if (saved_model || meta)
        LEAT_TRY(enter(g, &w, 2, "GraphDef"));
    return LEAT_OK;
}

static leat_status keep_names(leat_graph_bytes *g, const char *source, const char *name)
{
    g->source = leat_strdup(source);
    g->name = leat_strdup(name);
    return g->source && g->name ? LEAT_OK : leat_fail_memory(strlen(source));
}

static leat_status read_file(leat_graph_bytes *g, const char *path, const char *name, bool saved_model)
{
    LEAT_TRY(leat_file_read_all(path, 0, &g->file));
    LEAT_TRY(keep_names(g, path, leat_path_base(name)));
    leat_status st = find_graph(g, saved_model, ends_with(path, ".meta"));
    return st == LEAT_OK ? st : leat_fail_context(st, "%s", path);
}

/* ---- logs ---- */

static const leat_log_run *choose_run(leat_tool *t, const leat_logdir *log, const char *name)
{
    const leat_log_run *chosen = NULL;
    size_t with_graph = 0;
    for (size_t i = 0; i < leat_logdir_runs(log); i++) {
        const leat_log_run *run = leat_logdir_run(log, i);
        if (!run->has_graph || (name && strcmp(run->name, name) != 0))
            continue;
        chosen = run;
        with_graph++;
    }
    if (with_graph > 1)
        leat_tool_warn(t, "%zu runs have a graph; taking that of '%s' (--run names another)", with_graph,
                       chosen->name);
    return chosen;
}

static leat_status read_stats(leat_graph_bytes *g, const leat_log_run *run, const char *tag)
{
    for (size_t i = run->n_metadata; i-- > 0;)
        if (!tag || strcmp(run->metadata[i].tag, tag) == 0)
            return leat_log_run_read(run, &run->metadata[i].blob, &g->stats);
    if (tag)
        return leat_fail(LEAT_ERR_NOT_FOUND, "%s: run '%s' has no statistics tagged '%s'", g->source,
                         run->name, tag);
    return LEAT_OK;
}

static leat_status take_run(leat_graph_bytes *g, leat_tool *t, const leat_logdir *log, const char *path,
                            const char *name, const char *tag)
{
    const leat_log_run *run = choose_run(t, log, name);
    if (!run && name)
        return leat_fail(LEAT_ERR_NOT_FOUND, "%s: there is no run '%s' with a graph", path, name);
    if (!run)
        return leat_fail(LEAT_ERR_NOT_FOUND, "%s: no run has a graph", path);
    char *source = leat_asprintf("%s: run %s", path, run->name);
    leat_status st =
        source ? keep_names(g, source, strcmp(run->name, ".") == 0 ? leat_path_base(path) : run->name)
               : leat_fail_memory(strlen(path));
    leat_free(source);
    LEAT_TRY(st);
    LEAT_TRY(leat_log_run_read(run, &run->graph, &g->file));
    LEAT_TRY(find_graph(g, false, false));
    return read_stats(g, run, tag);
}

static leat_status read_log(leat_graph_bytes *g, leat_tool *t, const char *path, const char *name,
                            const char *tag)
{
    leat_logdir *log;
    LEAT_TRY(leat_logdir_open(&log, path, NULL));
    leat_status st = take_run(g, t, log, path, name, tag);
    leat_logdir_close(log);
    return st;
}

leat_status leat_graph_bytes_read(leat_graph_bytes *g, leat_tool *t, const char *path, const char *run,
                                  const char *stats_tag)
{
    *g = (leat_graph_bytes){0};
    if (ends_with(path, ".pbtxt"))
        return leat_fail(LEAT_ERR_UNIMPLEMENTED, "%s: text graphs are not read here; convert it first", path);
    if (leat_path_kind_of(path) == LEAT_PATH_DIR) {
        char *inner = leat_path_join(path, "saved_model.pb");
        if (!inner)
            return leat_fail_memory(strlen(path));
        bool saved_model = leat_path_kind_of(inner) == LEAT_PATH_FILE;
        leat_status st = saved_model ? read_file(g, inner, path, true) : read_log(g, t, path, run, stats_tag);
        leat_free(inner);
        return st;
    }
    if (strstr(leat_path_base(path), "tfevents"))
        return read_log(g, t, path, run, stats_tag);
    return read_file(g, path, path, strcmp(leat_path_base(path), "saved_model.pb") == 0);
}

void leat_graph_bytes_free(leat_graph_bytes *g)
{
    leat_buf_free(&g->file);
    leat_buf_free(&g->stats);
    leat_free(g->source);
    leat_free(g->name);
}
