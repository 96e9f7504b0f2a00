/* state.c - what a session keeps between runs: variables by name, memory of stateful nodes. */
#include <pthread.h>
#include <string.h>
#include "engine/plan-private.h"

typedef struct node_state {
    struct node_state *next;
    max_align_t memory[];
} node_state;

struct leat_state {
    pthread_mutex_t lock;
    leat_arena arena;   /* variables, keys */
    leat_map variables; /* name -> leat_var */
    leat_map objects;   /* the same, of what is no variable: a table may have a variable's name */
    leat_map nodes;     /* op name -> node_state */
    node_state *all_nodes;
};

leat_status leat_state_new(leat_state **out)
{
    leat_state *s = leat_alloc_zero(1, sizeof *s);
    *out = s;
    if (s == NULL)
        return leat_fail_memory(sizeof *s);
    pthread_mutex_init(&s->lock, NULL);
    return LEAT_OK;
}

void leat_state_free(leat_state *s)
{
    if (s == NULL)
        return;
    size_t cursor = 0, n;
    const char *key;
    void *value;
    while (leat_map_next(&s->variables, &cursor, &key, &n, &value))
        leat_tensor_unref(((leat_var *)value)->value);
    for (cursor = 0; leat_map_next(&s->objects, &cursor, &key, &n, &value);) {
        leat_var *var = value;
        if (var->object != NULL)
            var->free_object(var->object);
    }
    while (s->all_nodes != NULL) {
        node_state *next = s->all_nodes->next;
        leat_free(s->all_nodes);
        s->all_nodes = next;
    }
    leat_map_free(&s->variables);
    leat_map_free(&s->objects);
    leat_map_free(&s->nodes);
    leat_arena_free(&s->arena);
    pthread_mutex_destroy(&s->lock);
    leat_free(s);
}

bool leat_op_is_variable(const leat_op *op)
{
    const char *t = op->type_name;
    return t[0] == 'V' &&
           (strcmp(t, "VariableV2") == 0 || strcmp(t, "VarHandleOp") == 0 || strcmp(t, "Variable") == 0);
}

/* As TensorFlow: shared_name where given, else the node's own name. */
static const char *variable_name(const leat_op *op)
{
    const char *shared = leat_attr_string(op, "shared_name");
    return *shared != '\0' ? shared : op->name;
}

static leat_var *make_var(leat_state *s, leat_map *map, const leat_op *op, const char *name)
{
    leat_var *var = leat_arena_zero(&s->arena, sizeof *var);
    char *kept = leat_arena_strndup(&s->arena, name, strlen(name));
    if (var == NULL || kept == NULL)
        return NULL;
    var->name = kept;
    var->dtype = LEAT_RESOURCE;
    if (map == &s->variables) {
        var->dtype = leat_attr_type(op, "dtype");
        var->shape = leat_attr_shape(op, "shape");
    }
    if (leat_map_put(map, kept, strlen(kept), var) != LEAT_OK)
        return NULL;
    return var;
}

leat_var *leat_state_var(leat_state *s, const leat_op *op)
{
    const char *name = variable_name(op);
    pthread_mutex_lock(&s->lock);
    leat_map *map = leat_op_is_variable(op) ? &s->variables : &s->objects;
    leat_var *var = leat_map_get(map, name, strlen(name));
    if (var == NULL)
        var = make_var(s, map, op, name);
    pthread_mutex_unlock(&s->lock);
    return var;
}

void *leat_state_object(leat_state *s, leat_var *var, leat_make_object *make, const void *like,
                        leat_free_object *free_object)
{
    pthread_mutex_lock(&s->lock);
    if (var->object == NULL) {
        var->object = make(like);
        var->free_object = free_object;
    }
    void *object = var->object;
    pthread_mutex_unlock(&s->lock);
    return object;
}

void *leat_state_node(leat_state *s, const leat_op *op, size_t bytes)
{
    pthread_mutex_lock(&s->lock);
    node_state *n = leat_map_get(&s->nodes, op->name, strlen(op->name));
    if (n == NULL) {
        n = leat_alloc_zero(1, sizeof *n + bytes);
        if (n != NULL && leat_map_put(&s->nodes, op->name, strlen(op->name), n) != LEAT_OK) {
            leat_free(n);
            n = NULL;
        } else if (n != NULL) {
            n->next = s->all_nodes;
            s->all_nodes = n;
        } else {
            leat_fail_memory(bytes);
        }
    }
    pthread_mutex_unlock(&s->lock);
    return n != NULL ? n->memory : NULL;
}
