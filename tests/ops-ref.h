/* ops-ref.h - naive reference functions of op tests; families have their own tests/ops-ref-<family>.c. */

/* tests/ops-ref.c */
leat_ref_fn ref_sum, ref_mean, ref_prod, ref_max, ref_min, ref_euclidean_norm, ref_transpose;
