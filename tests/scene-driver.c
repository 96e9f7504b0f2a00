/* What of a graph a diagram shows, for tests/scene-reference.py:
 *
 *     scene-driver GRAPHDEF DEPTH [expand=SCOPE | main=NODE | aux=NODE]...
 *
 * prints lines of fields between tabs. SCOPE is "" for the whole graph, a NAME as diagrams have it ("A/(A)"):
 *
 *     box NAME SCOPE op|scope|series|open|open-series core|aux|library OPS-BELOW
 *     edge SCOPE FROM TO DATA CONTROL drawn|cut      between boxes of one scope
 *     in|out SCOPE NAME OTHER DATA CONTROL           across the border of an open scope, to or from another box
 *     note NAME in|out constant|summary|box NODE     beside a box, the first few
 *     more NAME in|out COUNT                         that have no room */
#include "config.h"
#include "base/file-private.h"
#include "viz/scene-private.h"
#include <stdio.h>
#include <stdlib.h>

static void put_node(const leat_gmodel *m, uint32_t node)
{
    leat_buf name = {0};
    leat_gmodel_put_name(m, node, &name);
    fwrite(name.data ? name.data : "", 1, name.size, stdout);
    leat_buf_free(&name);
}

static void put_box(const leat_scene *s, uint32_t box)
{
    put_node(s->model, s->boxes[box].node);
}

static const char *kind_of(const leat_scene *s, const leat_sbox *b)
{
    static const char *const kinds[] = {"op", "scope", "series", "open"};
    bool series = s->model->nodes[b->node].kind == LEAT_G_SERIES;
    return b->kind == LEAT_S_OPEN && series ? "open-series" : kinds[b->kind];
}

static void put_notes(const leat_scene *s, uint32_t box, const leat_snotes *notes, const char *side)
{
    static const char *const kinds[] = {"constant", "summary", "box"};
    for (uint32_t i = 0; notes && i < notes->count; i++) {
        printf("note\t");
        put_box(s, box);
        printf("\t%s\t%s\t", side, kinds[notes->at[i].kind]);
        put_node(s->model, notes->at[i].node);
        putchar('\n');
    }
    if (notes && notes->more > 0) {
        printf("more\t");
        put_box(s, box);
        printf("\t%s\t%u\n", side, notes->more);
    }
}

static void put_boxes(const leat_scene *s)
{
    static const char *const places[] = {"core", "aux", "library", "unused"};
    for (uint32_t i = 1; i < s->n_nodes; i++) {
        const leat_sbox *b = &s->boxes[i];
        printf("box\t");
        put_box(s, i);
        putchar('\t');
        put_box(s, b->scope);
        printf("\t%s\t%s\t%u\n", kind_of(s, b), places[b->place], s->model->nodes[b->node].cardinality);
        put_notes(s, i, b->in_notes, "in");
        put_notes(s, i, b->out_notes, "out");
    }
}

static void put_edges(const leat_scene *s)
{
    for (size_t i = 0; i < s->n_edges; i++) {
        const leat_sedge *e = &s->edges[i];
        bool in = s->boxes[e->from].kind == LEAT_S_PORT, out = s->boxes[e->to].kind == LEAT_S_PORT;
        uint32_t first = in ? e->to : e->from, second = in ? e->from : e->to;
        printf("%s\t", in ? "in" : out ? "out" : "edge");
        put_box(s, s->boxes[first].scope);
        putchar('\t');
        put_box(s, first);
        putchar('\t');
        put_box(s, in || out ? s->boxes[second].node : second); /* a port's node is the box beyond it */
        printf("\t%u\t%u", e->data, e->control);
        puts(in || out ? "" : e->cut ? "\tcut" : "\tdrawn");
    }
}

static leat_status choose(leat_gmodel *m, leat_schoice *choice, int depth, char **words, int n)
{
    for (size_t i = m->n_ops; i < m->n_nodes; i++)
        choice->open[i] = i == m->root || (m->nodes[i].kind == LEAT_G_SCOPE && m->nodes[i].level < depth);
    for (int i = 0; i < n; i++) {
        const char *name = strchr(words[i], '=');
        uint32_t node = name ? leat_gmodel_find(m, name + 1) : LEAT_G_NONE;
        if (node == LEAT_G_NONE)
            return leat_fail(LEAT_ERR_NOT_FOUND, "%s", words[i]);
        if (words[i][0] != 'e')
            choice->place[node] = words[i][0] == 'm' ? 1 : -1;
        for (; words[i][0] == 'e' && node != LEAT_G_NONE; node = m->nodes[node].parent)
            choice->open[node] = 1;
    }
    return LEAT_OK;
}

static leat_status show(char **argv, int argc)
{
    leat_gmodel m = {0};
    leat_scene s = {0};
    leat_buf graph = {0};
    leat_schoice choice = {0};
    leat_status st = leat_file_read_all(argv[1], 0, &graph);
    if (st == LEAT_OK)
        st = leat_gmodel_read(&m, graph.data, graph.size, argv[1]);
    choice.open = leat_alloc_zero(m.n_nodes, 1);
    choice.place = leat_alloc_zero(m.n_nodes, 1);
    if (st == LEAT_OK && (!choice.open || !choice.place))
        st = leat_fail_memory(m.n_nodes);
    if (st == LEAT_OK)
        st = choose(&m, &choice, atoi(argv[2]), argv + 3, argc - 3);
    if (st == LEAT_OK)
        st = leat_scene_build(&s, &m, &choice);
    if (st == LEAT_OK) {
        put_boxes(&s);
        put_edges(&s);
    }
    leat_scene_free(&s);
    leat_free(choice.open);
    leat_free(choice.place);
    leat_gmodel_free(&m);
    leat_buf_free(&graph);
    return st;
}

int main(int argc, char **argv)
{
    if (argc < 3) {
        fprintf(stderr, "scene-driver GRAPHDEF DEPTH [expand=SCOPE | main=NODE | aux=NODE]...\n");
        return 2;
    }
    if (show(argv, argc) == LEAT_OK)
        return 0;
    fprintf(stderr, "%s\n", leat_message());
    return 1;
}
