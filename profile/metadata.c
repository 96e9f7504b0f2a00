/* metadata.c - recorded runs as RunMetadata, and back. Sources: TensorFlow's config.proto (RunMetadata: step_stats = 1),
 * step_stats.proto (StepStats: dev_stats = 1; DeviceStepStats: device = 1, node_stats = 2; NodeExecStats: node_name = 1,
 * all_start_micros = 2, op_start_rel_micros = 3, op_end_rel_micros = 4, all_end_rel_micros = 5, memory = 6, output = 7 (metadata-outputs.c),
 * timeline_label = 8, scheduled_micros = 9, thread_id = 10, all_start_nanos = 13, op_start_rel_nanos = 14, op_end_rel_nanos = 15,
 * all_end_rel_nanos = 16, scheduled_nanos = 17; AllocatorMemoryUsed: allocator_name = 1, total_bytes = 2, peak_bytes = 3).
 *
 * The label is TensorFlow's, "name = Op(inputs)". What TensorFlow has no field for stands behind it, where nobody looks:
 * " kernel=onednn shapes=float[2] flops=1e6 bytes=4096 float=4", or " tiles=3" for a helper's share. The first node's label goes on
 * with what is of the whole step: " cpus=2 buffers=4096 serial=1 alone=1". */
#include "config.h"
#include "profile/metadata-private.h"

#include <stdlib.h>
#include <string.h>

#define DEVICE "/job:localhost/replica:0/task:0/device:CPU:0"

/* ---- writing ---- */

static void put_step(leat_buf *out, const leat_profile_step *s)
{
    if (s->n_cpus > 0)
        leat_buf_printf(out, " cpus=%u", s->n_cpus);
    if (s->memory_bytes > 0)
        leat_buf_printf(out, " buffers=%llu", (unsigned long long)s->memory_bytes);
    leat_buf_puts(out, s->serial ? " serial=1" : "");
    leat_buf_puts(out, s->alone ? " alone=1" : "");
}

static void put_label(leat_buf *out, const leat_profile_step *s, const leat_profile_span *e)
{
    const leat_profile_node *n = &s->nodes[e->node];
    char a[32], b[32];
    size_t mark = leat_put_begin(out, 8);
    leat_buf_printf(out, "%s = %s(%s)", n->name, n->op, n->inputs);
    if (e->tiles != 0) {
        leat_buf_printf(out, " tiles=%u", e->tiles);
    } else {
        if (n->kernel[0] != '\0')
            leat_buf_printf(out, " kernel=%s", n->kernel);
        if (n->shapes[0] != '\0')
            leat_buf_printf(out, " shapes=%s", n->shapes);
        if (n->flops > 0 || n->bytes > 0)
            leat_buf_printf(out, " flops=%s bytes=%s float=%u", leat_format_f64(a, n->flops),
                            leat_format_f64(b, n->bytes), n->float_bytes);
    }
    if (e == s->spans)
        put_step(out, s);
    leat_put_end(out, mark);
}

static void put_span(leat_buf *out, const leat_profile_step *s, const leat_profile_span *e, int64_t wall_ns)
{
    const leat_profile_node *n = &s->nodes[e->node];
    int64_t start = wall_ns + e->start_ns, length = e->end_ns - e->start_ns;
    /* A reader of microseconds must not see less than the node's end. */
    int64_t micros = (start + length + 999) / 1000 - start / 1000;
    size_t mark = leat_put_begin(out, 2);
    leat_put_string(out, 1, n->name);
    leat_put_uint(out, 2, (uint64_t)(start / 1000));
    leat_put_uint(out, 4, (uint64_t)micros);
    leat_put_uint(out, 5, (uint64_t)micros);
    if (e->tiles == 0 && n->out_bytes > 0) {
        size_t memory = leat_put_begin(out, 6);
        leat_put_string(out, 1, "cpu");
        leat_put_uint(out, 2, n->out_bytes);
        leat_put_uint(out, 3, n->out_bytes);
        leat_put_end(out, memory);
    }
    for (uint32_t i = 0; i < n->n_outputs;
         i++) /* with helpers' shares, too: TensorBoard keeps a name's first */
        leat_put_output(out, &n->outputs[i]);
    put_label(out, s, e);
    leat_put_uint(out, 9, (uint64_t)(start / 1000));
    leat_put_uint(out, 10, e->worker);
    leat_put_uint(out, 13, (uint64_t)start);
    leat_put_uint(out, 15, (uint64_t)length);
    leat_put_uint(out, 16, (uint64_t)length);
    leat_put_uint(out, 17, (uint64_t)start);
    leat_put_end(out, mark);
}

void leat_put_run_metadata(leat_buf *out, const leat_profile_step *s)
{
    int64_t wall_ns = (int64_t)(s->wall_time * 1e6) * 1000;
    size_t stats = leat_put_begin(out, 1), device = leat_put_begin(out, 1);
    leat_put_string(out, 1, DEVICE);
    for (size_t i = 0; i < s->n_spans; i++)
        put_span(out, s, &s->spans[i], wall_ns);
    for (uint32_t w = 0; w < s->n_workers; w++) { /* DeviceStepStats: thread_names = 3, a map */
        size_t name = leat_put_begin(out, 3);
        leat_put_uint(out, 1, w);
        size_t text = leat_put_begin(out, 2);
        leat_buf_printf(out, "worker %u", w);
        leat_put_end(out, text);
        leat_put_end(out, name);
    }
    leat_put_end(out, device);
    leat_put_end(out, stats);
}
