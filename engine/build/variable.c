/* variable.c - tf.Variable, tf.get_variable, initializers' grouping. */
#include <stdio.h>
#include <string.h>
#include "build-private.h"

/* The nodes of one variable within its open name scope: <scope>, <scope>/Assign, <scope>/read. */
static leat_out ref_variable(leat_graph *g, leat_out initial, leat_variable_info *info)
{
    leat_op_builder *b = leat_op_begin(g, "VariableV2", leat_scope_as_name(g));
    leat_op_set_shape(b, "shape", info->shape);
    leat_op_set_type(b, "dtype", info->dtype);
    leat_out ref = {info->op = leat_op_end(b), 0};
    b = leat_op_begin(g, "Assign", NULL);
    leat_op_add_input(b, ref);
    leat_op_add_input(b, initial);
    info->initializer = leat_op_end(b);
    b = leat_op_begin(g, "Identity", "read");
    leat_op_add_input(b, ref);
    info->read = (leat_out){leat_op_end(b), 0};
    return ref;
}

static leat_out resource_variable(leat_graph *g, leat_out initial, leat_variable_info *info)
{
    const char *scope = leat_graph_scope(g)->name_scope;
    leat_op_builder *b = leat_op_begin(g, "VarHandleOp", leat_scope_as_name(g));
    leat_op_set_string(b, "shared_name", scope, strlen(scope));
    leat_op_set_shape(b, "shape", info->shape);
    leat_op_set_type(b, "dtype", info->dtype);
    leat_out handle = {info->op = leat_op_end(b), 0};
    b = leat_op_begin(g, "VarIsInitializedOp", "IsInitialized/VarIsInitializedOp");
    leat_op_add_input(b, handle);
    leat_op_end(b);
    b = leat_op_begin(g, "AssignVariableOp", "Assign");
    leat_op_add_input(b, handle);
    leat_op_add_input(b, initial);
    info->initializer = leat_op_end(b);
    b = leat_op_begin(g, "ReadVariableOp", "Read/ReadVariableOp");
    leat_op_add_input(b, handle);
    leat_op_set_type(b, "dtype", info->dtype);
    info->read = (leat_out){leat_op_end(b), 0};
    leat_out_set_shape(info->read, info->shape);
    return handle;
}

/* Within the variable's name scope, the initial value made. */
static leat_out finish_variable(leat_graph *g, leat_out initial, bool trainable, bool resource,
                                leat_variable_info **kept)
{
    leat_variable_info info = {
        .shape = leat_out_shape(initial), .dtype = leat_out_dtype(initial), .trainable = trainable};
    if (initial.op == NULL || g->status != LEAT_OK)
        return LEAT_NO_OUT;
    leat_out out = resource ? resource_variable(g, initial, &info) : ref_variable(g, initial, &info);
    if (g->status != LEAT_OK || (*kept = leat_graph_add_variable(g, &info)) == NULL)
        return LEAT_NO_OUT;
    leat_collection_add(g, LEAT_GLOBAL_VARIABLES, out);
    if (trainable)
        leat_collection_add(g, LEAT_TRAINABLE_VARIABLES, out);
    return out;
}

leat_out leat_variable_in_scope(leat_graph *g, leat_out initial, bool trainable, bool resource)
{
    leat_variable_info *info;
    return finish_variable(g, initial, trainable, resource, &info);
}

leat_out leat_variable(leat_variable_args args)
{
    leat_graph *g = args.initial_value.op != NULL ? args.initial_value.op->graph : NULL;
    leat_variable_info *info;
    leat_out out = LEAT_NO_OUT;
    LEAT_NAME_SCOPE (g, args.name != NULL ? args.name : "Variable") {
        leat_out initial = args.initial_value;
        const leat_variable_info *other =
            initial.op != NULL && !initial.op->pending ? leat_graph_variable(g, initial.op) : NULL;
        if (other != NULL)
            initial = other->read;
        if (g != NULL && initial.op->pending)
            initial = leat_pending_resolve(g, initial, NULL, "initial_value", LEAT_DTYPE_NONE);
        if (g != NULL)
            out = finish_variable(g, initial, args.trainable, args.use_resource, &info);
    }
    return out;
}

static leat_out found(leat_graph *g, const leat_get_variable_args *args, const char *full,
                      const leat_variable_info *info)
{
    char a[160], b[160];
    if (!leat_graph_scope(g)->reuse) {
        leat_graph_fail(g, LEAT_ERR_ALREADY_EXISTS,
                        "Variable %s already exists, disallowed. Did you mean to set reuse=True?", full);
        return LEAT_NO_OUT;
    }
    if (args->shape.rank_plus_1 != 0 && !leat_shape_merge(&args->shape, &info->shape, NULL)) {
        leat_graph_fail(g, LEAT_ERR_INVALID_ARGUMENT,
                        "Trying to share variable %s, but specified shape %s and found shape %s", full,
                        leat_shape_print(args->shape, a, sizeof a),
                        leat_shape_print(info->shape, b, sizeof b));
        return LEAT_NO_OUT;
    }
    if (args->dtype != LEAT_DTYPE_NONE && args->dtype != info->dtype) {
        leat_graph_fail(g, LEAT_ERR_INVALID_ARGUMENT,
                        "Trying to share variable %s, but specified dtype %s and found dtype %s", full,
                        leat_dtype_name(args->dtype), leat_dtype_name(info->dtype));
        return LEAT_NO_OUT;
    }
    return (leat_out){info->op, 0};
}

static leat_out created(leat_graph *g, const leat_get_variable_args *args, const char *full)
{
    leat_dtype dtype = args->dtype != LEAT_DTYPE_NONE ? args->dtype : LEAT_FLOAT;
    leat_variable_info *info = NULL;
    leat_out out = LEAT_NO_OUT, initial = LEAT_NO_OUT;
    if (leat_graph_scope(g)->reuse) {
        leat_graph_fail(
            g, LEAT_ERR_NOT_FOUND,
            "Variable %s does not exist, or was not created with get_variable. Did you mean to set reuse=False?",
            full);
        return out;
    }
    if (!leat_shape_known(&args->shape)) {
        leat_graph_fail(g, LEAT_ERR_INVALID_ARGUMENT, "Shape of a new variable (%s) must be fully defined",
                        full);
        return out;
    }
    /* The name is the variable scope's, whatever name scope is open. */
    LEAT_NAME_SCOPE (g, NULL)
        LEAT_NAME_SCOPE (g, full) {
            LEAT_NAME_SCOPE (g, "Initializer")
                initial = leat_init_value(g, args->initializer, args->shape, dtype);
            out = finish_variable(g, initial, args->trainable, args->use_resource, &info);
        }
    if (info != NULL && leat_map_put(&g->variables, full, strlen(full), info) != LEAT_OK)
        leat_graph_keep(g, leat_fail_memory(64));
    return out;
}

leat_out leat_get_variable(leat_get_variable_args args)
{
    leat_graph *g = args.graph;
    if (g == NULL || g->status != LEAT_OK)
        return LEAT_NO_OUT;
    const char *scope = leat_graph_scope(g)->var_scope;
    char *full = *scope != '\0' ? leat_asprintf("%s/%s", scope, args.name) : leat_strdup(args.name);
    const char *kept = full != NULL ? leat_graph_intern(g, full, strlen(full)) : NULL;
    leat_free(full);
    if (kept == NULL) {
        leat_graph_keep(g, leat_fail_memory(64));
        return LEAT_NO_OUT;
    }
    const leat_variable_info *info = leat_map_get(&g->variables, kept, strlen(kept));
    return info != NULL ? found(g, &args, kept, info) : created(g, &args, kept);
}

leat_op *leat_initializer(leat_out variable)
{
    if (variable.op == NULL || variable.op->pending)
        return NULL;
    const leat_variable_info *info = leat_graph_variable(variable.op->graph, variable.op);
    return info != NULL ? info->initializer : NULL;
}

leat_out leat_variable_read(leat_out variable)
{
    if (variable.op == NULL || variable.op->pending)
        return LEAT_NO_OUT;
    const leat_variable_info *info = leat_graph_variable(variable.op->graph, variable.op);
    return info != NULL ? info->read : LEAT_NO_OUT;
}

leat_op *leat_group(leat_graph *g, leat_op *const *ops, size_t n, const char *name)
{
    leat_op_builder *b = leat_op_begin(g, "NoOp", name != NULL ? name : "group_deps");
    for (size_t i = 0; i < n; i++)
        leat_op_add_control(b, ops[i]);
    return leat_op_end(b);
}

leat_op *leat_global_variables_initializer(leat_graph *g, const char *name)
{
    leat_op_builder *b = leat_op_begin(g, "NoOp", name != NULL ? name : "init");
    for (size_t i = 0; g != NULL && i < leat_collection_count(g, LEAT_GLOBAL_VARIABLES); i++)
        leat_op_add_control(b, leat_initializer(leat_collection_get(g, LEAT_GLOBAL_VARIABLES, i)));
    return leat_op_end(b);
}

leat_out leat_assign(leat_out variable, leat_out value, const char *name)
{
    leat_graph *g = variable.op != NULL ? variable.op->graph : NULL;
    if (leat_out_dtype(variable) != LEAT_RESOURCE)
        return leat_op_of_2(g, "Assign", name, variable, value);
    leat_op_builder *b = leat_op_begin(g, "AssignVariableOp", name);
    leat_op_add_input(b, variable);
    leat_op_add_input(b, value);
    leat_op *op = leat_op_end(b);
    return op != NULL ? variable : LEAT_NO_OUT;
}
