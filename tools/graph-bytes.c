/* graph-bytes.c - finding the GraphDef in files of several kinds, and in logs. */
#include "config.h"
#include "tools/graph-bytes-private.h"

#include "base/file-private.h"
#include "events/reader-private.h"

static leat_status keep_names(leat_graph_bytes *g, const char *source, const char *name)
{
    g->source = leat_strdup(source);
    g->name = leat_strdup(name);
    return g->source && g->name ? LEAT_OK : leat_fail_memory(strlen(source));
}

static leat_status read_file(leat_graph_bytes *g, const char *path)
{
    leat_graph_file_kind kind;
    LEAT_TRY(keep_names(g, path, leat_path_base(path)));
    LEAT_TRY(leat_graph_file_open_tags(&g->meta, path, NULL, &kind));
    g->graph_def = g->meta.graph_def;
    g->size = g->meta.graph_def_size;
    return LEAT_OK;
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
    g->graph_def = g->file.data != NULL ? g->file.data : "";
    g->size = g->file.size;
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
    bool dir = leat_path_kind_of(path) == LEAT_PATH_DIR && !leat_is_saved_model(path);
    if (dir || strstr(leat_path_base(path), "tfevents") != NULL)
        return read_log(g, t, path, run, stats_tag);
    return read_file(g, path);
}

void leat_graph_bytes_free(leat_graph_bytes *g)
{
    leat_meta_graph_free(&g->meta);
    leat_buf_free(&g->file);
    leat_buf_free(&g->stats);
    leat_free(g->source);
    leat_free(g->name);
}
