/* nms.c - NonMaxSuppression in all its versions: the boxes of the best scores that do not overlap much.
 *
 * Soft suppression lowers the scores of boxes that overlap instead of dropping them: Bodla, Singh, Chellappa and Davis, 2017. */
#include "ops/ops-private.h"
#include <math.h>

typedef struct candidate {
    int64_t box, begin; /* selected ones before `begin` have had their effect */
    float score;
} candidate;

typedef struct suppression {
    const leat_tensor *boxes; /* or overlaps */
    const leat_tensor *scores;
    bool overlaps;
    float overlap, least, sigma; /* thresholds of overlap and of score; sigma > 0: soft */
    int64_t most, n;             /* selected at most; selected */
    candidate *heap;             /* the best first; equal scores by their number */
    int64_t waiting;
    int64_t *selected;
    float *selected_scores;
} suppression;

/* ---- the heap ---- */

static bool is_better(const candidate *a, const candidate *b)
{
    return a->score != b->score ? a->score > b->score : a->box < b->box;
}

static void swap(candidate *a, candidate *b)
{
    candidate old = *a;
    *a = *b;
    *b = old;
}

static void push(suppression *s, candidate c)
{
    int64_t i = s->waiting++;
    s->heap[i] = c;
    for (; i > 0 && is_better(&s->heap[i], &s->heap[(i - 1) / 2]); i = (i - 1) / 2)
        swap(&s->heap[i], &s->heap[(i - 1) / 2]);
}

static candidate pop(suppression *s)
{
    candidate best = s->heap[0];
    s->heap[0] = s->heap[--s->waiting];
    for (int64_t i = 0, child; (child = 2 * i + 1) < s->waiting; i = child) {
        if (child + 1 < s->waiting && is_better(&s->heap[child + 1], &s->heap[child]))
            child++;
        if (!is_better(&s->heap[child], &s->heap[i]))
            break;
        swap(&s->heap[child], &s->heap[i]);
    }
    return best;
}

/* ---- overlaps ---- */

/* Intersection over union of two boxes y1, x1, y2, x2, corners in any order. */
static float similarity(const suppression *s, int64_t i, int64_t j)
{
    if (s->overlaps)
        return ((const float *)s->boxes->data)[i * s->scores->elements + j];
    float low[2][2], high[2][2], area[2], common = 1;
    int64_t box[2] = {i, j};
    for (int b = 0; b < 2; b++) {
        for (int d = 0; d < 2; d++) {
            float from = (float)leat_element_get(s->boxes, 4 * box[b] + d),
                  to = (float)leat_element_get(s->boxes, 4 * box[b] + 2 + d);
            low[b][d] = fminf(from, to);
            high[b][d] = fmaxf(from, to);
        }
        area[b] = (high[b][0] - low[b][0]) * (high[b][1] - low[b][1]);
    }
    if (area[0] <= 0 || area[1] <= 0)
        return 0;
    for (int d = 0; d < 2; d++)
        common *= fmaxf(fminf(high[0][d], high[1][d]) - fmaxf(low[0][d], low[1][d]), 0);
    return common / (area[0] + area[1] - common);
}

/* What is left of the candidate's score beside the selected ones; false: it is dropped. */
static bool survives(const suppression *s, candidate *c)
{
    for (int64_t j = s->n - 1; j >= c->begin; j--) {
        float like = similarity(s, c->box, s->selected[j]);
        if (s->sigma <= 0 && like > s->overlap)
            return false;
        if (s->sigma > 0)
            c->score *= expf(-0.5f / s->sigma * like * like);
        if (c->score <= s->least)
            break;
    }
    c->begin = s->n;
    return true;
}

static void select_boxes(suppression *s)
{
    for (int64_t i = 0; i < s->scores->elements; i++) {
        float score = (float)leat_element_get(s->scores, i);
        if (score > s->least)
            push(s, (candidate){i, 0, score});
    }
    while (s->n < s->most && s->waiting > 0) {
        candidate c = pop(s);
        float before = c.score;
        if (!survives(s, &c))
            continue;
        if (c.score == before) {
            s->selected[s->n] = c.box;
            s->selected_scores[s->n++] = c.score;
        } else if (c.score > s->least) {
            push(s, c);
        }
    }
}

/* ---- kernels ---- */

static leat_status check_inputs(const leat_kernel *k, const suppression *s)
{
    int64_t boxes = s->scores->elements;
    if (leat_shape_rank(&s->boxes->shape) != 2 || s->boxes->shape.dims[1] != (s->overlaps ? boxes : 4))
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT,
                                s->overlaps ? "overlaps must be a square matrix"
                                            : "boxes must have 4 columns");
    if (leat_shape_rank(&s->scores->shape) != 1 || s->boxes->shape.dims[0] != boxes)
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "scores has incompatible shape");
    for (uint32_t i = 2; i < k->n_in; i++)
        if (leat_shape_rank(&k->in[i]->shape) != 0)
            return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "limits and thresholds must be scalars");
    if (!s->overlaps && !(s->overlap >= 0 && s->overlap <= 1))
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "iou_threshold must be in [0, 1]");
    if (s->most < 0 || !(s->sigma >= 0))
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT,
                                "max_output_size and soft_nms_sigma must not be negative");
    return LEAT_OK;
}

static leat_status write_results(leat_kernel *k, const suppression *s, bool pad)
{
    int64_t n = pad ? (int64_t) * (const int32_t *)k->in[2]->data : s->n;
    int scores = k->n_out == 3;
    LEAT_TRY(leat_out_new(k, 0, &LEAT_SHAPE(n)));
    for (int64_t i = 0; i < n; i++)
        leat_index_put(&k->out[0], i, i < s->n ? s->selected[i] : 0);
    if (scores) {
        LEAT_TRY(leat_out_new(k, 1, &LEAT_SHAPE(n)));
        for (int64_t i = 0; i < n; i++)
            leat_element_put(&k->out[1], i, i < s->n ? (double)s->selected_scores[i] : 0);
    }
    return k->n_out > 1 ? leat_out_scalar_int(k, 1 + scores, s->n) : LEAT_OK;
}

static leat_status suppress_with(leat_kernel *k, suppression s, bool pad)
{
    s.boxes = k->in[0];
    s.scores = k->in[1];
    s.most = k->in[2]->elements == 1 ? leat_index_at(k->in[2], 0) : -1;
    LEAT_TRY(check_inputs(k, &s));
    s.most = LEAT_MIN(s.most, s.scores->elements);
    size_t n = (size_t)s.scores->elements + 1;
    s.heap = leat_scratch(k, n * sizeof *s.heap);
    s.selected = leat_scratch(k, n * sizeof *s.selected);
    s.selected_scores = leat_scratch(k, n * sizeof *s.selected_scores);
    if (s.heap == NULL || s.selected == NULL || s.selected_scores == NULL)
        return leat_kernel_fail(k, LEAT_ERR_NO_MEMORY, "no memory for %zu boxes", n);
    select_boxes(&s);
    return write_results(k, &s, pad);
}

static float threshold(const leat_kernel *k, uint32_t i, float otherwise)
{
    return i < k->n_in && k->in[i]->elements == 1 ? (float)leat_element_get(k->in[i], 0) : otherwise;
}

static leat_status v1_kernel(leat_kernel *k)
{
    return suppress_with(
        k, (suppression){.overlap = leat_attr_float(k->op, "iou_threshold"), .least = -INFINITY}, false);
}
static leat_status by_inputs_kernel(leat_kernel *k)
{
    suppression s = {
        .overlap = threshold(k, 3, 0), .least = threshold(k, 4, -INFINITY), .sigma = threshold(k, 5, 0)};
    return suppress_with(k, s, k->n_out > 1 && leat_attr_bool(k->op, "pad_to_max_output_size"));
}
static leat_status overlaps_kernel(leat_kernel *k)
{
    suppression s = {.overlaps = true, .overlap = threshold(k, 3, 0), .least = threshold(k, 4, -INFINITY)};
    return suppress_with(k, s, false);
}

static leat_status suppress_shape(leat_infer *c)
{
    LEAT_TRY(leat_infer_want_rank(c, 0, 2));
    LEAT_TRY(leat_infer_want_rank(c, 1, 1));
    for (uint32_t i = 2; i < c->op->n_inputs; i++)
        LEAT_TRY(leat_infer_want_rank(c, (int)i, 0));
    c->out[0] = LEAT_SHAPE(-1);
    if (c->op->n_outputs == 1)
        return LEAT_OK;
    leat_tensor *most = leat_infer_value(c, 2);
    if (most != NULL && leat_attr_bool(c->op, "pad_to_max_output_size"))
        c->out[0] = LEAT_SHAPE(LEAT_MAX(leat_index_at(most, 0), -1));
    leat_tensor_unref(most);
    c->out[c->op->n_outputs - 1] = (leat_shape){.rank_plus_1 = 1};
    if (c->op->n_outputs == 3)
        c->out[1] = c->out[0];
    return LEAT_OK;
}

const leat_op_def leat_op_NonMaxSuppression = LEAT_OP(
    "NonMaxSuppression(boxes: float, scores: float, max_output_size: int32) -> selected_indices: int32; iou_threshold: "
    "float = 0.5",
    .doc = "The boxes of the best scores, the best first, without those that overlap a better one.",
    .shape = suppress_shape, .kernels = {{v1_kernel}}, .gradient = leat_grad_none);

const leat_op_def leat_op_NonMaxSuppressionV2 = LEAT_OP(
    "NonMaxSuppressionV2(boxes: T, scores: T, max_output_size: int32, iou_threshold: T_threshold) -> selected_indices: int32; "
    "T: {half, float} = float; T_threshold: {half, float} = float",
    .doc = "As NonMaxSuppression; the threshold is an input.", .shape = suppress_shape,
    .kernels = {{by_inputs_kernel}}, .gradient = leat_grad_none);

const leat_op_def leat_op_NonMaxSuppressionV3 = LEAT_OP(
    "NonMaxSuppressionV3(boxes: T, scores: T, max_output_size: int32, iou_threshold: T_threshold, score_threshold: "
    "T_threshold) -> selected_indices: int32; T: {half, float} = float; T_threshold: {half, float} = float",
    .doc = "As NonMaxSuppressionV2, without boxes whose score is not above score_threshold.",
    .shape = suppress_shape, .kernels = {{by_inputs_kernel}}, .gradient = leat_grad_none);

const leat_op_def leat_op_NonMaxSuppressionV4 = LEAT_OP(
    "NonMaxSuppressionV4(boxes: T, scores: T, max_output_size: int32, iou_threshold: T_threshold, score_threshold: "
    "T_threshold) -> selected_indices: int32, valid_outputs: int32; T: {half, float} = float; T_threshold: {half, float} = "
    "float; pad_to_max_output_size: bool = false",
    .doc = "As NonMaxSuppressionV3, perhaps padded with zeros; and how many there are.",
    .shape = suppress_shape, .kernels = {{by_inputs_kernel}}, .gradient = leat_grad_none);

const leat_op_def leat_op_NonMaxSuppressionV5 = LEAT_OP(
    "NonMaxSuppressionV5(boxes: T, scores: T, max_output_size: int32, iou_threshold: T, score_threshold: T, soft_nms_sigma: "
    "T) -> selected_indices: int32, selected_scores: T, valid_outputs: int32; T: {half, float} = float; "
    "pad_to_max_output_size: bool = false",
    .doc = "As NonMaxSuppressionV4; with a sigma, boxes that overlap lose score instead of being dropped.",
    .shape = suppress_shape, .kernels = {{by_inputs_kernel}}, .gradient = leat_grad_none);

const leat_op_def leat_op_NonMaxSuppressionWithOverlaps = LEAT_OP(
    "NonMaxSuppressionWithOverlaps(overlaps: float, scores: float, max_output_size: int32, overlap_threshold: float, "
    "score_threshold: float) -> selected_indices: int32",
    .doc = "As NonMaxSuppressionV3, with a matrix of how much each two boxes overlap.",
    .shape = suppress_shape, .kernels = {{overlaps_kernel}}, .gradient = leat_grad_none);

LEAT_ROW(
    NonMaxSuppression,
    "(float[4,4] 0 0 1 1 0 0.1 1 1.1 0 2 1 3 1 1.1 0 0.2, float[4] 0.5 0.9 0.3 0.9, int32[] 3) dynamic -> "
    "int32[2] 1 2");
LEAT_ROW(NonMaxSuppression, "(float[1,3] 0..1, float[1] 1, int32[] 3) fails '4 columns'");
LEAT_ROW(NonMaxSuppressionV2,
         "(float[3,4] 0 0 1 1 0 0.5 1 1.5 0 2 1 3, float[3] 0.5 0.9 0.3, int32[] 3, float[] 0.2) dynamic -> "
         "int32[2] 1 2");
LEAT_ROW(NonMaxSuppressionV2, "(float[1,4] 0..1, float[1] 1, int32[] 3, float[] 1.5) fails 'iou_threshold'");
LEAT_ROW(
    NonMaxSuppressionV3,
    "(float[3,4] 0 0 1 1 0 0.5 1 1.5 0 2 1 3, float[3] 0.5 0.9 0.3, int32[] 3, float[] 0.9, float[] 0.4) "
    "dynamic -> "
    "int32[2] 1 0");
LEAT_ROW(
    NonMaxSuppressionV4,
    "(float[3,4] 0 0 1 1 0 0.5 1 1.5 0 2 1 3, float[3] 0.5 0.9 0.3, int32[] 4, float[] 0.2, float[] 0.1) "
    "{pad_to_max_output_size: true} -> "
    "int32[4] 1 2 0 0, int32[] 2");
LEAT_ROW(
    NonMaxSuppressionV5,
    "(float[3,4] 0 0 1 1 0 0.5 1 1.5 0 2 1 3, float[3] 0.5 0.9 0.4, int32[] 4, float[] 0.2, float[] 0.1, "
    "float[] 0.1) dynamic nograd -> "
    "int32[3] 1 2 0, float[3] 0.9 0.4 0.2868767, int32[] 3");
LEAT_ROW(NonMaxSuppressionWithOverlaps,
         "(float[3,3] 1 0.6 0 0.6 1 0 0 0 1, float[3] 0.5 0.9 0.3, int32[] 4, float[] 0.5, float[] 0) "
         "dynamic -> "
         "int32[2] 1 2");
