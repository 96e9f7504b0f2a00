/* ops-ref.h - naive reference functions of op tests: one line each; families have their own tests/ops-ref-<family>.c. */
leat_ref_fn ref_sum, ref_mean, ref_prod, ref_max, ref_min, ref_euclidean_norm;
