/* ops-ref.h - naive reference functions of op tests; families have their own tests/ops-ref-<family>.c. */

/* tests/ops-ref.c */
leat_ref_fn ref_sum, ref_mean, ref_prod, ref_max, ref_min, ref_euclidean_norm, ref_transpose;

/* tests/ops-ref-nn.c */
leat_ref_fn ref_softmax, ref_log_softmax, ref_cross_entropy, ref_sparse_cross_entropy, ref_mat_mul,
    ref_conv2d;
