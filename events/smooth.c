#include "config.h"
#include "export-private.h"

#include <math.h>
#include <string.h>

void leat_smooth_values(const double *values, size_t n, double weight, double *out)
{
    bool constant = true;
    for (size_t i = 1; i < n && constant; i++)
        constant = values[i] == values[0];
    if (constant) {
        memmove(out, values, n * sizeof *out);
        return;
    }
    double last = 0, w = fmin(fmax(weight, 0), 0.999), debias = 0;
    uint64_t count = 0;
    for (size_t i = 0; i < n; i++) {
        if (!isfinite(values[i])) {
            out[i] = values[i];
            continue;
        }
        last = last * w + (1 - w) * values[i];
        /* Once w^count is below half an ulp of 1 it stays there: pow is not asked again. */
        if (debias < 1)
            debias = 1 - pow(w, (double)++count);
        out[i] = last / debias;
    }
}
