/* scope.c - unique names, name scopes, variable scopes, control dependencies, devices: as tf.Graph has them. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include "graph-private.h"

bool leat_name_valid(const char *name, size_t n)
{
    if (n == 0)
        return false;
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)name[i];
        bool word = isalnum(c) || c == '.';
        if (!word && (i == 0 || (c != '_' && c != '\\' && c != '/' && c != '>' && c != '-')))
            return false;
    }
    return true;
}

/* How often the lower-cased name was asked for. */
static uint32_t *count_of(leat_graph *g, const char *key)
{
    return leat_map_get(&g->name_counts, key, strlen(key));
}

/* Enters a key with count 1; the key must be the arena's. */
static bool add_key(leat_graph *g, const char *key)
{
    uint32_t *count = key != NULL ? leat_arena_alloc(&g->arena, sizeof *count) : NULL;
    if (count == NULL)
        return false;
    *count = 1;
    return leat_map_put(&g->name_counts, key, strlen(key), count) == LEAT_OK;
}

static char *lower(char *text)
{
    for (char *p = text; *p; p++)
        *p = (char)tolower((unsigned char)*p);
    return text;
}

/* Names of nodes that came without being asked for (imported ones) are in use from the first time on that somebody asks. */
static bool count_given_names(leat_graph *g)
{
    leat_buf key = {0};
    bool good = true;
    for (; good && g->n_counted < g->n_ops; g->n_counted++) {
        const char *name = g->ops[g->n_counted]->name;
        leat_buf_clear(&key);
        leat_buf_puts(&key, name);
        good = !key.failed;
        if (!good || count_of(g, lower(key.data)) != NULL)
            continue;
        bool same = strcmp(key.data, name) == 0;
        good = add_key(g, same ? name : leat_arena_strndup(&g->arena, key.data, key.size));
    }
    leat_buf_free(&key);
    return good;
}

const char *leat_graph_unique_name(leat_graph *g, const char *scope, const char *name)
{
    if (!count_given_names(g)) {
        leat_graph_keep(g, leat_fail_memory(strlen(name)));
        return NULL;
    }
    size_t scope_size = strlen(scope), name_size = strlen(name), room = scope_size + name_size + 24;
    char *full = leat_arena_alloc(&g->arena, room);
    char *key = leat_alloc(room);
    if (full == NULL || key == NULL) {
        leat_free(key);
        leat_graph_keep(g, leat_fail_memory(room));
        return NULL;
    }
    size_t n = (size_t)snprintf(full, room, "%s%s%s", scope, scope_size ? "/" : "", name);
    memcpy(key, full, n + 1);
    lower(key);
    bool same = memcmp(key, full, n) == 0;
    uint32_t *asked = count_of(g, key);
    if (asked != NULL) {
        uint32_t i = (*asked)++;
        do {
            snprintf(key + n, room - n, "_%u", i);
            i++;
        } while (count_of(g, key) != NULL);
        snprintf(full + n, room - n, "_%u", i - 1);
    }
    /* A name in lower case is its own key: most names cost no second copy. */
    bool good = add_key(g, same ? full : leat_arena_strndup(&g->arena, key, strlen(key)));
    leat_free(key);
    if (!good) {
        leat_graph_keep(g, leat_fail_memory(room));
        return NULL;
    }
    return full;
}

leat_scope_frame *leat_graph_scope(leat_graph *g)
{
    return &g->scopes[g->n_scopes - 1];
}

/* A copy of the innermost. NULL: out of memory. */
static leat_scope_frame *push_scope(leat_graph *g)
{
    leat_status status = leat_grow(&g->scopes, &g->scopes_capacity, g->n_scopes + 1, sizeof *g->scopes);
    if (status != LEAT_OK) {
        leat_graph_keep(g, status);
        return NULL;
    }
    g->scopes[g->n_scopes] = g->scopes[g->n_scopes - 1];
    g->scopes[g->n_scopes].is_var_scope = false;
    g->n_scopes++;
    return leat_graph_scope(g);
}

/* A scope that could not be opened still runs its block once: building goes on as no-ops on the failed graph. */
static leat_scope opened(leat_graph *g)
{
    return (leat_scope){.graph = g, .depth = g != NULL ? (int)g->n_scopes : 0, .open = true};
}

void leat_scope_close(leat_scope *scope)
{
    leat_graph *g = scope->graph;
    if (!scope->open)
        return;
    scope->open = false;
    /* Scopes inside that were left open go with it. */
    if (g != NULL && scope->depth >= 2 && g->n_scopes >= (size_t)scope->depth)
        g->n_scopes = (size_t)scope->depth - 1;
}

/* "loss" -> the unique full name; "loss/" -> "loss"; "" -> "". */
static const char *enter_name(leat_graph *g, const char *name)
{
    size_t n = name != NULL ? strlen(name) : 0;
    if (n == 0)
        return "";
    if (name[n - 1] == '/')
        return leat_graph_intern(g, name, n - 1);
    if (!leat_name_valid(name, n)) {
        leat_graph_fail(g, LEAT_ERR_INVALID_ARGUMENT, "'%s' is not a valid scope name", name);
        return NULL;
    }
    return leat_graph_unique_name(g, leat_graph_scope(g)->name_scope, name);
}

static leat_scope failed_scope(void)
{
    return (leat_scope){.graph = NULL, .depth = 0, .open = true};
}

leat_scope leat_name_scope_open(leat_graph *g, const char *name)
{
    if (g == NULL || g->status != LEAT_OK)
        return failed_scope();
    const char *full = enter_name(g, name);
    leat_scope_frame *f = full != NULL ? push_scope(g) : NULL;
    if (f == NULL)
        return failed_scope();
    f->name_scope = full;
    return opened(g);
}

leat_scope leat_variable_scope_open(leat_graph *g, const char *name, bool reuse)
{
    if (g == NULL || g->status != LEAT_OK)
        return failed_scope();
    size_t n = name != NULL ? strlen(name) : 0;
    bool reenter = n > 0 && name[n - 1] == '/';
    if (n == 0 || !leat_name_valid(name, n)) {
        leat_graph_fail(g, LEAT_ERR_INVALID_ARGUMENT, "'%s' is not a valid variable scope name",
                        name ? name : "");
        return failed_scope();
    }
    /* The name scope is unique each time it is entered; the variable scope is not. A scope reentered as an object opens
     * a name scope of its last part in the current one. */
    char *bare = leat_strndup(name, reenter ? n - 1 : n);
    const char *outer = leat_graph_scope(g)->var_scope;
    char *full = bare == NULL                ? NULL
                 : reenter || *outer == '\0' ? leat_strdup(bare)
                                             : leat_asprintf("%s/%s", outer, bare);
    leat_scope scope = failed_scope();
    if (full == NULL) {
        leat_graph_keep(g, leat_fail_memory(n));
    } else {
        const char *last = strrchr(bare, '/');
        const char *name_scope = leat_graph_unique_name(g, leat_graph_scope(g)->name_scope,
                                                        reenter && last != NULL ? last + 1 : bare);
        const char *var_scope = leat_graph_intern(g, full, strlen(full));
        leat_scope_frame *f = name_scope != NULL && var_scope != NULL ? push_scope(g) : NULL;
        if (f != NULL) {
            f->name_scope = name_scope;
            f->var_scope = var_scope;
            f->reuse = f->reuse || reuse; /* inherited, as TensorFlow does */
            f->is_var_scope = true;
            scope = opened(g);
        }
    }
    leat_free(bare);
    leat_free(full);
    return scope;
}

leat_scope leat_control_dependencies_open(leat_graph *g, leat_op *const *ops, size_t n)
{
    if (g == NULL || g->status != LEAT_OK)
        return failed_scope();
    leat_scope_frame *outer = leat_graph_scope(g);
    leat_op **all = leat_arena_alloc(&g->arena, (outer->n_controls + n) * sizeof *all + 1);
    leat_scope_frame *f = all != NULL ? push_scope(g) : NULL;
    if (f == NULL) {
        leat_graph_keep(g, leat_fail_memory(n * sizeof *all));
        return failed_scope();
    }
    size_t k = 0;
    for (; k < f->n_controls; k++)
        all[k] = f->controls[k];
    for (size_t i = 0; i < n; i++)
        if (ops[i] != NULL)
            all[k++] = ops[i];
    f->controls = all;
    f->n_controls = n > 0 ? k : 0; /* tf.control_dependencies(None) clears */
    return opened(g);
}

leat_scope leat_device_open(leat_graph *g, const char *device)
{
    if (g == NULL || g->status != LEAT_OK)
        return failed_scope();
    const char *kept =
        leat_graph_intern(g, device != NULL ? device : "", device != NULL ? strlen(device) : 0);
    leat_scope_frame *f = kept != NULL ? push_scope(g) : NULL;
    if (f == NULL)
        return failed_scope();
    f->device = kept;
    return opened(g);
}

const char *leat_current_name_scope(const leat_graph *g)
{
    const char *scope = g->scopes[g->n_scopes - 1].name_scope;
    if (*scope == '\0')
        return "";
    leat_graph *writable = (leat_graph *)g; /* interning a string changes nothing that a caller sees */
    char text[4096];
    int n = snprintf(text, sizeof text, "%s/", scope);
    const char *kept = n > 0 && (size_t)n < sizeof text ? leat_graph_intern(writable, text, (size_t)n) : NULL;
    return kept != NULL ? kept : "";
}

const char *leat_current_variable_scope(const leat_graph *g)
{
    return g->scopes[g->n_scopes - 1].var_scope;
}
