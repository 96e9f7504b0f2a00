/* graph.c - `leat graph`: a graph as a diagram. */
#include "config.h"
#include "base/file-private.h"
#include "leat/viz-graph.h"
#include "tools/graph-bytes-private.h"

#include <limits.h>

struct graph_args {
    const char *output, *title, *run, *stats_tag, *stats;
    leat_texts expand, collapse, main_nodes, aux_nodes;
    int64_t depth;
    int color, theme;
};

static const struct leat_option options[] = {
    {"output", 'o', "FILE", LEAT_BIND_FILE(struct graph_args, output), .required = true,
     .help = "the picture; its suffix says the format: svg, png or pdf"},
    {"depth", 0, "N", LEAT_BIND_INT(struct graph_args, depth, 0, INT_MAX), .initial = "0",
     .help =
         "levels of scopes to draw open; 1 shows the outermost closed, 0 opens what one A4 page can hold"},
    {"expand", 0, "SCOPE", LEAT_BIND_TEXTS(struct graph_args, expand),
     .help = "draw this scope, series or function open, with what is around it"},
    {"collapse", 0, "SCOPE", LEAT_BIND_TEXTS(struct graph_args, collapse), .help = "draw this scope closed"},
    {"main", 0, "NODE", LEAT_BIND_TEXTS(struct graph_args, main_nodes),
     .help = "keep this node or scope in the main graph"},
    {"aux", 0, "NODE", LEAT_BIND_TEXTS(struct graph_args, aux_nodes),
     .help = "put this node or scope in the auxiliary area"},
    {"color", 0, NULL, LEAT_BIND_CHOICE(struct graph_args, color, "structure|device|time|memory"),
     .initial = "structure", .help = "what colours say; time and memory need a run's statistics"},
    {"theme", 0, NULL, LEAT_BIND_CHOICE(struct graph_args, theme, "light|dark"), .initial = "light",
     .help = "dark on light or light on dark"},
    {"title", 0, "TEXT", LEAT_BIND_TEXT(struct graph_args, title),
     .help = "above the drawing, in place of the name"},
    {"run", 0, "NAME", LEAT_BIND_TEXT(struct graph_args, run),
     .help = "of a log directory: the run whose graph it is"},
    {"tag", 0, "TAG", LEAT_BIND_TEXT(struct graph_args, stats_tag),
     .help = "of a log directory: the statistics to colour by, in place of the last"},
    {"stats", 0, "FILE", LEAT_BIND_FILE(struct graph_args, stats),
     .help = "a RunMetadata file to colour by, where the graph is a file"},
};

static leat_status draw(leat_tool *t, leat_graph_bytes *g, const struct graph_args *a)
{
    LEAT_TRY(leat_graph_bytes_read(g, t, t->operands.items[0], a->run, a->stats_tag));
    if (a->stats) {
        leat_buf_clear(&g->stats);
        LEAT_TRY(leat_file_read_all(a->stats, 0, &g->stats));
    }
    leat_plot_graph_options o = {
        .size = sizeof o,
        .depth = (int)a->depth,
        .expand = a->expand.items,
        .n_expand = a->expand.count,
        .collapse = a->collapse.items,
        .n_collapse = a->collapse.count,
        .main_nodes = a->main_nodes.items,
        .n_main_nodes = a->main_nodes.count,
        .aux_nodes = a->aux_nodes.items,
        .n_aux_nodes = a->aux_nodes.count,
        .color = (leat_plot_graph_color)a->color,
        .dark = a->theme == 1,
        .title = a->title ? a->title : g->name,
        .run_metadata = g->stats.size > 0 ? g->stats.data : NULL,
        .run_metadata_size = g->stats.size,
        .source = g->source,
    };
    return leat_plot_graph(a->output, g->graph_def, g->size, &o);
}

static int run(leat_tool *t, const void *values)
{
    leat_graph_bytes g = {0};
    leat_status st = draw(t, &g, values);
    leat_graph_bytes_free(&g);
    return st == LEAT_OK ? LEAT_EXIT_OK : leat_tool_fail(t, st);
}

const struct leat_command leat_command_graph = LEAT_COMMAND(
    "graph", "GRAPH|LOGDIR -o FILE", "draw a graph as a diagram", .min_operands = 1, .max_operands = 1,
    .details =
        "GRAPH is a GraphDef (.pb, as text .pbtxt), a MetaGraphDef (.meta) or a SavedModel directory; of a log directory "
        "the newest graph of a run is drawn. Name scopes are boxes, open or closed; where an op has the "
        "name of a scope, A/(A) is the op. Constants and summaries stand beside their ops, five or more "
        "numbered ops of one kind are one stack, and nodes with very many neighbours stand apart in the "
        "auxiliary area.\n\n"
        "Without --depth the outermost scopes are opened, one of each structure, as long as the page "
        "still reads.",
    LEAT_OPTIONS(options, struct graph_args), .run = run, .reads_logs = true);
