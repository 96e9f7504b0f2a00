/* graph-api.c - from options to a picture: what is open, and how much of it one page can hold. */
#include "config.h"
#include "base/file-private.h"
#include "viz/graph-draw-private.h"

#define READABLE (6.0 / LEAT_S_SMALL) /* the scale at which the smallest text is 6 points high */
#define PNG_SCALE 2.0
#define AUTO_TRIES 24   /* scopes that may be opened on their own */
#define AUTO_LONELY 4   /* scopes that hold nothing but one another */
#define AUTO_LEAST 3    /* smaller ones say little more when open */
#define AUTO_MOST 16    /* larger ones say too much */
#define TIGHT_BOXES 120 /* boxes up to which layers are moved together to fit a page */
#define AUTO_BOXES 60   /* boxes of a picture, beyond which nothing more is opened */

typedef struct job {
    leat_gmodel model;
    leat_schoice choice;
    leat_scene scene;
    leat_canvas *canvas, *dark_canvas; /* the second may be NULL */
    leat_lay_session session;
    leat_plot_graph_options o;
    leat_gpaint paint;
    double scale; /* that fits an A4 page; 0: none does */
} job;

/* ---- the user's choice ---- */

/* A name that the graph does not have; ops are suggested where they may be asked for. */
static leat_status not_found(const leat_gmodel *m, const char *option, const char *name, bool ops)
{
    leat_nearest near = {.word = name};
    for (size_t i = ops ? 0 : m->n_ops; i < m->n_nodes; i++)
        if (i < m->n_ops || m->nodes[i].kind == LEAT_G_SCOPE)
            leat_nearest_offer_n(&near, m->nodes[i].name, m->nodes[i].name_size);
    return leat_fail(LEAT_ERR_NOT_FOUND, "%s: the graph has no %s '%s'%s%.*s%s", option,
                     ops ? "node or scope" : "scope", name, near.best ? "; did you mean '" : "",
                     (int)near.best_size, near.best ? near.best : "", near.best ? "'?" : "");
}

static leat_status find_name(job *j, const char *option, const char *name, bool ops, uint32_t *node)
{
    *node = leat_gmodel_find(&j->model, name);
    if (*node == LEAT_G_NONE && j->model.n_functions > 0) { /* a function by its own name */
        char *full = leat_asprintf("%s%s", LEAT_G_FUNCTION_PREFIX, name);
        if (!full)
            return leat_fail_memory(strlen(name));
        *node = leat_gmodel_find(&j->model, full);
        leat_free(full);
    }
    if (*node == LEAT_G_NONE)
        return not_found(&j->model, option, name, ops);
    return LEAT_OK;
}

static leat_status open_scopes(job *j)
{
    leat_gmodel *m = &j->model;
    uint32_t node;
    j->choice.open[m->root] = 1;
    for (size_t i = m->n_ops; i < m->n_nodes && j->o.depth > 0; i++)
        if (m->nodes[i].kind == LEAT_G_SCOPE && m->nodes[i].level < j->o.depth)
            j->choice.open[i] = 1;
    for (size_t i = 0; i < j->o.n_expand; i++) {
        LEAT_TRY(find_name(j, "expand", j->o.expand[i], false, &node));
        if (m->nodes[node].kind == LEAT_G_OP)
            return leat_fail(LEAT_ERR_INVALID_ARGUMENT, "expand: '%s' is an op, not a scope", j->o.expand[i]);
        for (; node != LEAT_G_NONE; node = m->nodes[node].parent)
            j->choice.open[node] = 1;
    }
    for (size_t i = 0; i < j->o.n_collapse; i++) {
        LEAT_TRY(find_name(j, "collapse", j->o.collapse[i], false, &node));
        if (node == m->root || m->nodes[node].kind == LEAT_G_OP)
            return leat_fail(LEAT_ERR_INVALID_ARGUMENT, "collapse: '%s' is not a scope", j->o.collapse[i]);
        j->choice.open[node] = 0;
    }
    return LEAT_OK;
}

static leat_status move_nodes(job *j)
{
    uint32_t node;
    for (size_t i = 0; i < j->o.n_main_nodes; i++) {
        LEAT_TRY(find_name(j, "main", j->o.main_nodes[i], true, &node));
        j->choice.place[node] = 1;
    }
    for (size_t i = 0; i < j->o.n_aux_nodes; i++) {
        LEAT_TRY(find_name(j, "aux", j->o.aux_nodes[i], true, &node));
        j->choice.place[node] = -1;
    }
    return LEAT_OK;
}

/* ---- one attempt ---- */

static leat_status try_scene(job *j)
{
    leat_scene_free(&j->scene);
    LEAT_TRY(leat_scene_build(&j->scene, &j->model, &j->choice));
    LEAT_TRY(leat_scene_place(&j->scene, j->canvas, &j->session));
    j->paint.s = &j->scene;
    leat_gpaint_scales(&j->paint);
    j->scale = leat_gpaint_a4_scale(&j->paint, j->o.title);
    return leat_canvas_status(j->canvas);
}

/* What a page cannot hold at TensorBoard's distance of layers may fit at a smaller one. Nothing is gained where the
 * letters would still be much too small, and much time is lost where the graph is large. */
static leat_status tighten(job *j)
{
    static const double seps[] = {25, 20, 16, 14, 12};
    for (size_t i = 0; i < LEAT_LEN(seps); i++) {
        if (j->scale >= READABLE || j->scale < READABLE / 2 || j->scene.n_nodes > TIGHT_BOXES)
            break;
        j->session.ranksep = seps[i];
        LEAT_TRY(try_scene(j));
    }
    if (j->session.ranksep == 0 || j->scale >= READABLE)
        return LEAT_OK;
    j->session.ranksep = 0;
    return try_scene(j);
}

/* ---- what to open where the user says nothing ---- */

static bool leaf_is(const leat_gnode *node, const char *stem)
{
    size_t n = strlen(stem), size = node->name_size - node->leaf;
    const char *leaf = node->name + node->leaf;
    return size >= n && memcmp(leaf, stem, n) == 0 && (size == n || leaf[n] == '_');
}

/* The op `A/(A)` of a scope `A`, or LEAT_G_NONE. */
static uint32_t own_op(const leat_gmodel *m, const leat_gnode *scope)
{
    void *op = leat_map_get(&m->names, scope->name, scope->name_size);
    return op ? (uint32_t)((uintptr_t)op - 1) : LEAT_G_NONE;
}

static bool is_any(const leat_gmodel *m, uint32_t node, const char *const *ops, size_t n)
{
    for (size_t i = 0; node != LEAT_G_NONE && i < n; i++)
        if (leat_gmodel_op_is(m, node, ops[i]))
            return true;
    return false;
}

/* Machinery stays closed: variables, gradients, optimizers, savers, initialisers. */
static bool worth_opening(const leat_gmodel *m, uint32_t index)
{
    static const char *const names[] = {"gradients", "save", "init", "report_uninitialized_variables"};
    static const char *const own[] = {"Variable", "VariableV2", "VarHandleOp", "NoOp"};
    static const char *const inner[] = {"RandomUniform", "RandomStandardNormal", "TruncatedNormal"};
    const leat_gnode *node = &m->nodes[index];
    if (node->kind != LEAT_G_SCOPE || node->children < AUTO_LEAST || node->children > AUTO_MOST ||
        (node->flags & LEAT_G_FUNCTION))
        return false;
    for (size_t i = 0; i < LEAT_LEN(names); i++)
        if (leaf_is(node, names[i]))
            return false;
    if (is_any(m, own_op(m, node), own, LEAT_LEN(own)))
        return false;
    for (uint32_t i = node->first; i != LEAT_G_NONE; i = m->nodes[i].next)
        if (is_any(m, i, inner, LEAT_LEN(inner)) || leaf_is(&m->nodes[i], "update") ||
            leaf_is(&m->nodes[i], "gradients"))
            return false;
    return true;
}

/* Is another scope of this structure open already? */
static bool seen_alike(const job *j, uint32_t index)
{
    const leat_gmodel *m = &j->model;
    uint32_t structure = m->nodes[index].structure;
    for (size_t i = m->n_ops; structure != LEAT_G_NONE && i < m->n_nodes; i++)
        if (j->choice.open[i] && m->nodes[i].structure == structure)
            return true;
    return false;
}

static bool closed_by_user(const job *j, uint32_t index)
{
    for (size_t k = 0; k < j->o.n_collapse; k++)
        if (leat_gmodel_find(&j->model, j->o.collapse[k]) == index)
            return true;
    return false;
}

/* Where all stands in one scope, that scope closed would say nothing. */
static leat_status open_lonely(job *j)
{
    const leat_gmodel *m = &j->model;
    uint32_t only = m->nodes[m->root].first;
    bool opened = false;
    for (int depth = 0; depth < AUTO_LONELY && m->nodes[only].next == LEAT_G_NONE; depth++) {
        if (m->nodes[only].kind != LEAT_G_SCOPE || closed_by_user(j, only))
            break;
        opened |= !j->choice.open[only];
        j->choice.open[only] = 1;
        only = m->nodes[only].first;
    }
    return opened ? try_scene(j) : LEAT_OK;
}

/* Opens outermost scopes one by one, and keeps each open if the page still reads. */
static leat_status open_what_fits(job *j)
{
    leat_gmodel *m = &j->model;
    int tries = 0;
    LEAT_TRY(open_lonely(j));
    LEAT_TRY(tighten(j));
    if (j->scale < READABLE)
        return LEAT_OK;
    for (uint32_t i = m->nodes[m->root].first; i != LEAT_G_NONE && tries < AUTO_TRIES; i = m->nodes[i].next) {
        if (j->choice.open[i] || !worth_opening(m, i) || seen_alike(j, i) || closed_by_user(j, i) ||
            j->scene.n_nodes + m->nodes[i].children > AUTO_BOXES)
            continue;
        tries++;
        j->choice.open[i] = 1;
        LEAT_TRY(try_scene(j));
        if (j->scale >= READABLE)
            continue;
        j->choice.open[i] = 0;
        LEAT_TRY(try_scene(j));
    }
    return LEAT_OK;
}

/* ---- the whole ---- */

static leat_status check_options(const job *j)
{
    bool run = j->o.color == LEAT_GRAPH_BY_TIME || j->o.color == LEAT_GRAPH_BY_MEMORY;
    if (run && !j->o.run_metadata)
        return leat_fail(LEAT_ERR_INVALID_ARGUMENT,
                         "colours by %s need a run's statistics (RunMetadata); there are none",
                         j->o.color == LEAT_GRAPH_BY_TIME ? "time" : "memory");
    if (j->o.depth < 0)
        return leat_fail(LEAT_ERR_INVALID_ARGUMENT, "depth %d is below 0", j->o.depth);
    return LEAT_OK;
}

static leat_status draw(job *j, const void *graph_def, size_t graph_def_size)
{
    LEAT_TRY(check_options(j));
    LEAT_TRY(leat_gmodel_read(&j->model, graph_def, graph_def_size, j->o.source));
    if (j->o.run_metadata)
        LEAT_TRY(leat_gmodel_add_stats(&j->model, j->o.run_metadata, j->o.run_metadata_size));
    j->choice.open = leat_alloc_zero(j->model.n_nodes, 1);
    j->choice.place = leat_alloc_zero(j->model.n_nodes, 1);
    if (!j->choice.open || !j->choice.place)
        return leat_fail_memory(j->model.n_nodes);
    LEAT_TRY(open_scopes(j));
    LEAT_TRY(move_nodes(j));
    LEAT_TRY(try_scene(j));
    LEAT_TRY(j->o.depth == 0 ? open_what_fits(j) : tighten(j));
    j->paint.scale = j->scale >= READABLE ? j->scale : 1.5;
    LEAT_TRY(leat_gpaint_page(&j->paint, j->o.title));
    if (j->dark_canvas == NULL)
        return LEAT_OK;
    j->paint.canvas = j->dark_canvas;
    j->paint.theme = leat_theme_make(true, LEAT_PALETTE_TENSORBOARD);
    return leat_gpaint_page(&j->paint, j->o.title);
}

leat_status leat_plot_graph_on_both(leat_canvas *canvas, leat_canvas *dark, const void *graph_def,
                                    size_t graph_def_size, const leat_plot_graph_options *options)
{
    job j = {.canvas = canvas, .dark_canvas = dark};
    if (options)
        memcpy(&j.o, options, LEAT_MIN(options->size, sizeof j.o));
    j.paint = (leat_gpaint){.canvas = canvas,
                            .theme = leat_theme_make(j.o.dark, LEAT_PALETTE_TENSORBOARD),
                            .color = j.o.color,
                            .scale = 1};
    leat_status st = draw(&j, graph_def, graph_def_size);
    leat_scene_free(&j.scene);
    leat_lay_session_end(&j.session);
    leat_free(j.choice.open);
    leat_free(j.choice.place);
    leat_gmodel_free(&j.model);
    return st;
}

leat_status leat_plot_graph_on(leat_canvas *canvas, const void *graph_def, size_t graph_def_size,
                               const leat_plot_graph_options *options)
{
    return leat_plot_graph_on_both(canvas, NULL, graph_def, graph_def_size, options);
}

leat_status leat_plot_graph(const char *path, const void *graph_def, size_t graph_def_size,
                            const leat_plot_graph_options *options)
{
    leat_canvas *canvas;
    const leat_canvas_class *class = leat_canvas_class_of_path(path);
    if (!class)
        return leat_fail(LEAT_ERR_INVALID_ARGUMENT,
                         "%s: the suffix says no picture format (" LEAT_CANVAS_NAMES ")", path);
    leat_canvas_options how = {.title = options ? options->title : NULL,
                               .scale = class == &leat_canvas_png ? PNG_SCALE : 1};
    LEAT_TRY(leat_canvas_new(&canvas, class, &how));
    leat_status st = leat_plot_graph_on(canvas, graph_def, graph_def_size, options);
    if (st == LEAT_OK)
        st = leat_canvas_save(canvas, path);
    leat_canvas_free(canvas);
    return st;
}
