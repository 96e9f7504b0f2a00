/* collection.c - named lists of outputs and ops, as tf.Graph's collections. */
#include <string.h>
#include "graph-private.h"

static leat_collection *find(const leat_graph *g, const char *name)
{
    for (size_t i = 0; i < g->n_collections; i++)
        if (strcmp(g->collections[i].name, name) == 0)
            return &g->collections[i];
    return NULL;
}

void leat_collection_add(leat_graph *g, const char *name, leat_out item)
{
    if (g == NULL || g->status != LEAT_OK || item.op == NULL)
        return;
    leat_collection *c = find(g, name);
    leat_status status = LEAT_OK;
    if (c == NULL) {
        const char *kept = leat_graph_intern(g, name, strlen(name));
        if (kept == NULL)
            return;
        status = leat_grow(&g->collections, &g->collections_capacity, g->n_collections + 1, sizeof *c);
        if (status == LEAT_OK) {
            c = &g->collections[g->n_collections++];
            *c = (leat_collection){.name = kept};
        }
    }
    if (status == LEAT_OK)
        status = leat_grow(&c->items, &c->capacity, c->n + 1, sizeof *c->items);
    if (status == LEAT_OK)
        c->items[c->n++] = item;
    leat_graph_keep(g, status);
}

size_t leat_collection_count(const leat_graph *g, const char *name)
{
    const leat_collection *c = find(g, name);
    return c != NULL ? c->n : 0;
}

leat_out leat_collection_get(const leat_graph *g, const char *name, size_t i)
{
    const leat_collection *c = find(g, name);
    return c != NULL && i < c->n ? c->items[i] : LEAT_NO_OUT;
}

void leat_collections_free(leat_graph *g)
{
    for (size_t i = 0; i < g->n_collections; i++)
        leat_free(g->collections[i].items);
    leat_free(g->collections);
}
