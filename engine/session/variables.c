/* variables.c - a session's variables set and read from outside a run: restoring by name. */
#include <string.h>
#include "session-private.h"

leat_status leat_session_set_variable(leat_session *s, const leat_op *op, const leat_tensor *value)
{
    char a[160], b[160];
    if (s == NULL)
        return leat_fail(LEAT_ERR_INVALID_ARGUMENT, "the session is NULL");
    if (!leat_op_is_variable(op))
        return leat_op_fail(op, LEAT_ERR_INVALID_ARGUMENT, "the op is no variable");
    leat_var *var = leat_state_var(s->state, op);
    if (var == NULL)
        return leat_fail_memory(sizeof *var);
    if (value->dtype != var->dtype)
        return leat_op_fail(op, LEAT_ERR_INVALID_ARGUMENT, "the variable is %s, the value %s",
                            leat_dtype_name(var->dtype), leat_dtype_name(value->dtype));
    if (!leat_shape_merge(&var->shape, &value->shape, NULL))
        return leat_op_fail(op, LEAT_ERR_INVALID_ARGUMENT, "the variable has shape %s, the value %s",
                            leat_shape_print(var->shape, a, sizeof a),
                            leat_shape_print(value->shape, b, sizeof b));
    leat_tensor *copy = leat_tensor_copy(value);
    if (copy == NULL)
        return LEAT_ERR_NO_MEMORY;
    pthread_rwlock_wrlock(&s->run_lock);
    leat_tensor *old = var->value;
    var->value = copy;
    pthread_rwlock_unlock(&s->run_lock);
    leat_tensor_unref(old);
    return LEAT_OK;
}

leat_status leat_session_get_variable(leat_session *s, const leat_op *op, leat_tensor **value)
{
    leat_var *var = leat_state_var(s->state, op);
    *value = NULL;
    if (var == NULL)
        return leat_fail_memory(sizeof *var);
    /* A copy: the next run may write into the variable's own memory. */
    pthread_rwlock_rdlock(&s->run_lock);
    bool has_value = var->value != NULL;
    if (has_value)
        *value = leat_tensor_copy(var->value);
    pthread_rwlock_unlock(&s->run_lock);
    return !has_value || *value != NULL ? LEAT_OK : LEAT_ERR_NO_MEMORY;
}
