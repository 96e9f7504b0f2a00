/* training-loops.h - the rules of optimizers for one element type: nn-vector-body.h includes it with T, its functions
 * SQRT, FABS, EXP, POW, FMAX and the name maker RULE.
 *
 * Formulas and the order of their operations are TensorFlow's (core/kernels/training_ops.cc), so that a training run
 * follows TensorFlow's to the last bits. Papers stand beside the rules. */

#define RULE_ARGS void *const *vars, const void *grad, const double *s, unsigned flags, size_t n
#define SIGN(x_) ((T)((x_) > 0) - (T)((x_) < 0))

static void RULE(gradient_descent)(RULE_ARGS)
{
    T *var = vars[0];
    const T *g = grad, lr = (T)s[0];
    (void)flags;
    IVDEP for (size_t i = 0; i < n; i++) var[i] -= g[i] * lr;
}

/* Duchi and Singer, Efficient Learning using Forward-Backward Splitting, 2009. */
static void RULE(proximal_gradient_descent)(RULE_ARGS)
{
    T *var = vars[0];
    const T *g = grad, lr = (T)s[0], l1 = (T)s[1], l2 = (T)s[2], shrink = (T)1 + l2 * lr, edge = lr * l1;
    (void)flags;
    if (l1 > 0)
        IVDEP for (size_t i = 0; i < n; i++)
        {
            T prox = var[i] - g[i] * lr;
            var[i] = SIGN(prox) * FMAX(FABS(prox) - edge, (T)0) / shrink;
        }
    else
        IVDEP for (size_t i = 0; i < n; i++) var[i] = (var[i] - g[i] * lr) / shrink;
}

static void RULE(momentum)(RULE_ARGS)
{
    T *var = vars[0], *accum = vars[1];
    const T *g = grad, lr = (T)s[0], momentum = (T)s[1];
    if (flags & LEAT_RULE_NESTEROV)
        IVDEP for (size_t i = 0; i < n; i++)
        {
            T a = accum[i] * momentum + g[i];
            accum[i] = a;
            var[i] -= g[i] * lr + a * momentum * lr;
        }
    else
        IVDEP for (size_t i = 0; i < n; i++)
        {
            T a = accum[i] * momentum + g[i];
            accum[i] = a;
            var[i] -= a * lr;
        }
}

static void RULE(keras_momentum)(RULE_ARGS)
{
    T *var = vars[0], *accum = vars[1];
    const T *g = grad, lr = (T)s[0], momentum = (T)s[1];
    if (flags & LEAT_RULE_NESTEROV)
        IVDEP for (size_t i = 0; i < n; i++)
        {
            T a = accum[i] * momentum - g[i] * lr;
            accum[i] = a;
            var[i] += a * momentum - g[i] * lr;
        }
    else
        IVDEP for (size_t i = 0; i < n; i++)
        {
            T a = accum[i] * momentum - g[i] * lr;
            accum[i] = a;
            var[i] += a;
        }
}

/* Duchi, Hazan and Singer, Adaptive Subgradient Methods, 2011. */
static void RULE(adagrad)(RULE_ARGS)
{
    T *var = vars[0], *accum = vars[1];
    const T *g = grad, lr = (T)s[0];
    if (flags & LEAT_RULE_UPDATE_SLOTS)
        IVDEP for (size_t i = 0; i < n; i++) accum[i] += g[i] * g[i];
    IVDEP for (size_t i = 0; i < n; i++) var[i] -= g[i] * lr * ((T)1 / SQRT(accum[i]));
}

static void RULE(adagrad_v2)(RULE_ARGS)
{
    T *var = vars[0], *accum = vars[1];
    const T *g = grad, lr = (T)s[0], epsilon = (T)s[1];
    if (flags & LEAT_RULE_UPDATE_SLOTS)
        IVDEP for (size_t i = 0; i < n; i++) accum[i] += g[i] * g[i];
    IVDEP for (size_t i = 0; i < n; i++) var[i] -= g[i] * lr / (SQRT(accum[i]) + epsilon);
}

/* The dual averaging form of the same paper. */
static void RULE(adagrad_da)(RULE_ARGS)
{
    T *var = vars[0], *sum = vars[1], *squares = vars[2];
    const T *g = grad, lr = (T)s[0], l1 = (T)s[1], l2 = (T)s[2], step = (T)(float)s[3];
    const T edge = step * l1, ridge = l2 * (step * lr);
    (void)flags;
    if (l1 > 0)
        IVDEP for (size_t i = 0; i < n; i++)
        {
            T a = sum[i] + g[i], q = squares[i] + g[i] * g[i];
            sum[i] = a;
            squares[i] = q;
            var[i] = -lr * SIGN(a) * FMAX(FABS(a) - edge, (T)0) / (ridge + SQRT(q));
        }
    else
        IVDEP for (size_t i = 0; i < n; i++)
        {
            T a = sum[i] + g[i], q = squares[i] + g[i] * g[i];
            sum[i] = a;
            squares[i] = q;
            var[i] = lr * a * (T)-1 / (ridge + SQRT(q));
        }
}

static void RULE(proximal_adagrad)(RULE_ARGS)
{
    T *var = vars[0], *accum = vars[1];
    const T *g = grad, lr = (T)s[0], l1 = (T)s[1], l2 = (T)s[2];
    (void)flags;
    IVDEP for (size_t i = 0; i < n; i++)
    {
        T q = accum[i] + g[i] * g[i], rate = lr * ((T)1 / SQRT(q)), prox = var[i] - g[i] * rate;
        accum[i] = q;
        T kept = l1 > 0 ? SIGN(prox) * FMAX(FABS(prox) - rate * l1, (T)0) : prox;
        var[i] = kept / ((T)1 + l2 * rate);
    }
}

/* Zeiler, ADADELTA, 2012. */
static void RULE(adadelta)(RULE_ARGS)
{
    T *var = vars[0], *accum = vars[1], *accum_update = vars[2];
    const T *g = grad, lr = (T)s[0], rho = (T)s[1], epsilon = (T)s[2], rest = (T)1 - rho;
    (void)flags;
    IVDEP for (size_t i = 0; i < n; i++)
    {
        T a = accum[i] * rho + g[i] * g[i] * rest;
        T update = SQRT(accum_update[i] + epsilon) * ((T)1 / SQRT(a + epsilon)) * g[i];
        accum[i] = a;
        var[i] -= update * lr;
        accum_update[i] = accum_update[i] * rho + update * update * rest;
    }
}

/* Tieleman and Hinton, Lecture 6.5 - RMSProp, 2012. */
static void RULE(rmsprop)(RULE_ARGS)
{
    T *var = vars[0], *ms = vars[1], *mom = vars[2];
    const T *g = grad, lr = (T)s[0], rho = (T)s[1], momentum = (T)s[2], epsilon = (T)s[3], rest = (T)1 - rho;
    (void)flags;
    IVDEP for (size_t i = 0; i < n; i++)
    {
        T square = ms[i] + (g[i] * g[i] - ms[i]) * rest;
        T step = mom[i] * momentum + (g[i] * lr) / SQRT(square + epsilon);
        ms[i] = square;
        mom[i] = step;
        var[i] -= step;
    }
}

static void RULE(centered_rmsprop)(RULE_ARGS)
{
    T *var = vars[0], *mg = vars[1], *ms = vars[2], *mom = vars[3];
    const T *g = grad, lr = (T)s[0], rho = (T)s[1], momentum = (T)s[2], epsilon = (T)s[3], rest = (T)1 - rho;
    (void)flags;
    IVDEP for (size_t i = 0; i < n; i++)
    {
        T square = ms[i] + (g[i] * g[i] - ms[i]) * rest, mean = mg[i] + (g[i] - mg[i]) * rest;
        T step = mom[i] * momentum + (g[i] * lr) / SQRT((square - mean * mean) + epsilon);
        ms[i] = square;
        mg[i] = mean;
        mom[i] = step;
        var[i] -= step;
    }
}

/* Kingma and Ba, Adam, 2014; with Nesterov's momentum: Dozat, 2016. */
static void RULE(adam)(RULE_ARGS)
{
    T *var = vars[0], *m = vars[1], *v = vars[2];
    const T *g = grad, lr = (T)s[2], beta1 = (T)s[3], beta2 = (T)s[4], epsilon = (T)s[5];
    const T alpha = lr * SQRT((T)1 - (T)s[1]) / ((T)1 - (T)s[0]), rest1 = (T)1 - beta1, rest2 = (T)1 - beta2;
    if (flags & LEAT_RULE_NESTEROV)
        IVDEP for (size_t i = 0; i < n; i++)
        {
            T mi = m[i] + (g[i] - m[i]) * rest1, vi = v[i] + (g[i] * g[i] - v[i]) * rest2;
            m[i] = mi;
            v[i] = vi;
            var[i] -= ((g[i] * rest1 + beta1 * mi) * alpha) / (SQRT(vi) + epsilon);
        }
    else
        IVDEP for (size_t i = 0; i < n; i++)
        {
            T mi = m[i] + (g[i] - m[i]) * rest1, vi = v[i] + (g[i] * g[i] - v[i]) * rest2;
            m[i] = mi;
            v[i] = vi;
            var[i] -= (mi * alpha) / (SQRT(vi) + epsilon);
        }
}

/* Reddi, Kale and Kumar, On the Convergence of Adam and Beyond, 2018. */
static void RULE(adam_amsgrad)(RULE_ARGS)
{
    T *var = vars[0], *m = vars[1], *v = vars[2], *vhat = vars[3];
    const T *g = grad, lr = (T)s[2], beta1 = (T)s[3], beta2 = (T)s[4], epsilon = (T)s[5];
    const T alpha = lr * SQRT((T)1 - (T)s[1]) / ((T)1 - (T)s[0]), rest1 = (T)1 - beta1, rest2 = (T)1 - beta2;
    (void)flags;
    IVDEP for (size_t i = 0; i < n; i++)
    {
        T mi = m[i] + (g[i] - m[i]) * rest1, vi = v[i] + (g[i] * g[i] - v[i]) * rest2;
        T top = FMAX(vhat[i], vi);
        m[i] = mi;
        v[i] = vi;
        vhat[i] = top;
        var[i] -= (mi * alpha) / (SQRT(top) + epsilon);
    }
}

/* Section 7.1 of the Adam paper; v is its u. */
static void RULE(adamax)(RULE_ARGS)
{
    T *var = vars[0], *m = vars[1], *v = vars[2];
    const T *g = grad, lr = (T)s[1], beta1 = (T)s[2], beta2 = (T)s[3], epsilon = (T)s[4];
    const T rate = lr / ((T)1 - (T)s[0]), rest = (T)1 - beta1;
    (void)flags;
    IVDEP for (size_t i = 0; i < n; i++)
    {
        T mi = m[i] + (g[i] - m[i]) * rest, vi = FMAX(beta2 * v[i], FABS(g[i]));
        m[i] = mi;
        v[i] = vi;
        var[i] -= rate * (mi / (vi + epsilon));
    }
}

/* McMahan and others, Ad Click Prediction: a View from the Trenches, 2013. `root` is accum^-lr_power. */
static void RULE(ftrl_loop)(void *const *vars, const T *g, T lr, T l1, T l2, T shrinkage, T lr_power,
                            unsigned flags, size_t n)
{
    T *var = vars[0], *accum = vars[1], *linear = vars[2];
    const bool by_lr = (flags & LEAT_RULE_MULTIPLY_LR) != 0, is_root = lr_power == (T)-0.5;
    const T edge = by_lr ? l1 * lr : l1, ridge = by_lr ? (T)2 * l2 * lr : (T)2 * l2;
    for (size_t i = 0; i < n; i++) {
        T grad = g[i] + (T)2 * shrinkage * var[i], sum = accum[i] + g[i] * g[i];
        T root = is_root ? SQRT(sum) : POW(sum, -lr_power);
        T grown = root - (is_root ? SQRT(accum[i]) : POW(accum[i], -lr_power));
        T z = linear[i] + (by_lr ? grad * lr - grown * var[i] : grad - grown / lr * var[i]);
        T y = (by_lr ? root : root / lr) + ridge;
        linear[i] = z;
        accum[i] = sum;
        var[i] = FABS(z) > edge ? (edge * SIGN(z) - z) / y : (T)0;
    }
}

static void RULE(ftrl)(RULE_ARGS)
{
    RULE(ftrl_loop)(vars, grad, (T)s[0], (T)s[1], (T)s[2], (T)0, (T)s[3], flags, n);
}

static void RULE(ftrl_v2)(RULE_ARGS)
{
    RULE(ftrl_loop)(vars, grad, (T)s[0], (T)s[1], (T)s[2], (T)s[3], (T)s[4], flags, n);
}

/* Bello and others, Neural Optimizer Search with Reinforcement Learning, 2017. */
static void RULE(add_sign)(RULE_ARGS)
{
    T *var = vars[0], *m = vars[1];
    const T *g = grad, lr = (T)s[0], alpha = (T)s[1], decay = (T)s[2], beta = (T)s[3], rest = (T)1 - beta;
    (void)flags;
    IVDEP for (size_t i = 0; i < n; i++)
    {
        T mi = m[i] * beta + g[i] * rest;
        m[i] = mi;
        var[i] -= lr * (alpha + decay * (SIGN(g[i]) * SIGN(mi))) * g[i];
    }
}

static void RULE(power_sign)(RULE_ARGS)
{
    T *var = vars[0], *m = vars[1];
    const T *g = grad, lr = (T)s[0], logbase = (T)s[1], decay = (T)s[2], beta = (T)s[3], rest = (T)1 - beta;
    /* the sign of the product has three values only */
    const T scale[3] = {EXP(logbase * decay * (T)-1), (T)1, EXP(logbase * decay)};
    (void)flags;
    for (size_t i = 0; i < n; i++) {
        T mi = m[i] * beta + g[i] * rest;
        m[i] = mi;
        var[i] -= lr * scale[(int)(SIGN(g[i]) * SIGN(mi)) + 1] * g[i];
    }
}

#undef RULE_ARGS
#undef SIGN
