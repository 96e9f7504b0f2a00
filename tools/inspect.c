/* inspect.c - `leat inspect`: what is in a graph, a checkpoint, an event file or a log directory. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include "base/file-private.h"
#include "engine/files/checkpoint-private.h"
#include "engine/files/graphdef-private.h"
#include "events/export-private.h"
#include "tools/inspect-private.h"
#include "tools/tool-private.h"

typedef struct inspect_args {
    bool json, verify;
    const char *diff, *tags;
} inspect_args;

static const struct leat_option options[] = {
    {"json", 0, NULL, LEAT_BIND_FLAG(inspect_args, json), .help = "print JSON"},
    {"diff", 0, "OTHER", LEAT_BIND_FILE(inspect_args, diff),
     .help = "what would have to change in PATH, a graph or a checkpoint, to make it OTHER"},
    {"tags", 0, "TAG,...", LEAT_BIND_TEXT(inspect_args, tags),
     .help = "of a SavedModel: the tags of the meta graph to show (default: serve, or the first)"},
    {"verify", 0, NULL, LEAT_BIND_FLAG(inspect_args, verify), .help = "check every checksum of a checkpoint"},
};

/* ---- which kind ---- */

/* A directory with a checkpoint's state file and no events is a checkpoint's; an empty one is a log's, where no run is yet. */
static bool holds_events(const char *path)
{
    leat_dir_entry *entries;
    size_t n;
    bool found = false, dirs = false;
    if (leat_dir_list(path, &entries, &n) != LEAT_OK)
        return true; /* the reader says what is wrong */
    for (size_t i = 0; i < n; i++) {
        found |= strstr(entries[i].name, "tfevents") != NULL;
        dirs |= entries[i].is_dir;
    }
    leat_dir_free(entries, n);
    return found || dirs || n == 0;
}

static leat_status inspect_log(leat_tool *t, const char *path, const inspect_args *a)
{
    leat_logdir *log;
    LEAT_TRY(leat_logdir_open(&log, path, NULL));
    leat_status status = a->json ? leat_logdir_list_json(log, leat_print_sink, t)
                                 : leat_logdir_list_text(log, leat_print_sink, t);
    if (status == LEAT_OK && !a->json && leat_logdir_runs(log) == 0)
        leat_print(t, "no runs\n");
    leat_logdir_close(log);
    return status;
}

static leat_status inspect_checkpoint(const char *path, const inspect_args *a, leat_buf *out, bool *damaged)
{
    char *prefix;
    leat_listing how = {.json = a->json, .verify = a->verify};
    leat_listing_count count = {0};
    LEAT_TRY(leat_checkpoint_resolve(path, &prefix));
    leat_status status = leat_checkpoint_list(prefix, &how, out, &count);
    leat_free(prefix);
    *damaged = count.unreadable > 0;
    return status;
}

typedef enum path_kind { IS_GRAPH, IS_CHECKPOINT, IS_LOG } path_kind;

static path_kind kind_of(const char *path)
{
    bool dir = leat_path_kind_of(path) == LEAT_PATH_DIR;
    if (leat_is_saved_model(path))
        return IS_GRAPH;
    if (dir ? holds_events(path) : strstr(leat_path_base(path), "tfevents") != NULL)
        return IS_LOG;
    return dir || leat_checkpoint_is_one(path) ? IS_CHECKPOINT : IS_GRAPH;
}

static leat_status diff(const char *path, const inspect_args *a, leat_buf *out, bool *differ)
{
    static const char *const names[] = {"a graph", "a checkpoint", "a log"};
    path_kind from = kind_of(path), to = kind_of(a->diff);
    if (from != to || from == IS_LOG)
        return leat_fail(LEAT_ERR_INVALID_ARGUMENT,
                         "%s is %s, %s is %s: two graphs or two checkpoints can be compared", path,
                         names[from], a->diff, names[to]);
    return from == IS_GRAPH ? leat_diff_graphs(path, a->diff, a->json, out, differ)
                            : leat_diff_checkpoints(path, a->diff, a->json, out, differ);
}

static int run(leat_tool *t, const void *values)
{
    const inspect_args *a = values;
    const char *path = t->operands.items[0];
    leat_buf out = {0};
    bool failed = false;
    path_kind kind = kind_of(path);
    leat_status status = a->diff != NULL    ? diff(path, a, &out, &failed)
                         : kind == IS_GRAPH ? leat_inspect_graph(path, a->tags, a->json, &out)
                         : kind == IS_LOG   ? inspect_log(t, path, a)
                                            : inspect_checkpoint(path, a, &out, &failed);
    if (status == LEAT_OK)
        status = leat_buf_status(&out);
    if (status == LEAT_OK || failed)
        leat_print_bytes(t, out.data, out.size);
    leat_buf_free(&out);
    /* What standard output refuses is reported once, when the tool ends. */
    if (status != LEAT_OK && t->output_status == LEAT_OK)
        return leat_tool_fail(t, status);
    return failed ? LEAT_EXIT_CHECK_FAILED : LEAT_EXIT_OK;
}

const struct leat_command leat_command_inspect = LEAT_COMMAND(
    "inspect", "PATH", "show what is in a graph, a checkpoint or a log", .min_operands = 1, .max_operands = 1,
    .details =
        "PATH is a graph (GraphDef, .meta, either as text, SavedModel directory), a checkpoint (its prefix or one of its files, or a state file or "
        "directory, of which the latest is shown), an event file or a log directory. Exits with 1 where a tensor of a checkpoint can't be read.\n\n"
        "--diff compares two graphs (nodes by their names: ops, devices, inputs, attributes with their defaults, and functions) or "
        "two checkpoints (tensors by their names: dtypes, shapes, values), and exits with 1 where they differ.",
    LEAT_OPTIONS(options, inspect_args), .run = run, .reads_logs = true);
