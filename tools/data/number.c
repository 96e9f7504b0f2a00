/* number.c - decimal text to double, correctly rounded, at the speed that tables need. What is not plain here (more than
 * 19 digits, large exponents, nan, no number at all) is left to base. */
#include "tools/data/dataset-private.h"
#include <float.h>
#include <string.h>

static const double powers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

/* m * 10^exponent for m of up to 19 digits; false where that is not certain to be rounded correctly. */
static bool scale(uint64_t m, int exponent, double *out)
{
    /* Both factors are exact, so that the one operation rounds once (Clinger 1990). */
    if (m <= UINT64_C(1) << 53 && exponent >= -22 && exponent <= 22) {
        *out = exponent < 0 ? (double)m / powers[-exponent] : (double)m * powers[exponent];
        return true;
    }
#if LDBL_MANT_DIG == 64
    /* The same with 64 bits of significand, of which 10^27 is the last exact power. Its rounding to double is right
     * unless the 11 bits that go are exactly one half: then the first rounding may have made them so. */
    if (exponent < -27 || exponent > 27 || m == 0)
        return false;
    int size = exponent < 0 ? -exponent : exponent;
    long double power = size <= 22 ? powers[size] : (long double)powers[22] * powers[size - 22];
    long double v = exponent < 0 ? (long double)m / power : (long double)m * power;
    uint64_t significand;
    memcpy(&significand, &v, sizeof significand);
    *out = (double)v;
    return (significand & 0x7ff) != 0x400;
#else
    return false;
#endif
}

/* Is this a decimal number, of whatever size? */
static bool is_decimal(const char *s, const char *end)
{
    size_t digits = 0, points = 0;
    s += s < end && (*s == '-' || *s == '+');
    for (; s < end && ((*s >= '0' && *s <= '9') || *s == '.'); s++)
        *s == '.' ? points++ : digits++;
    if (digits == 0 || points > 1 || s == end)
        return digits > 0 && points <= 1;
    if ((*s++ | 0x20) != 'e')
        return false;
    s += s < end && (*s == '-' || *s == '+');
    if (s == end)
        return false;
    while (s < end && *s >= '0' && *s <= '9')
        s++;
    return s == end;
}

bool leat_number_parse(const char *text, size_t n, double *out)
{
    const char *s = text, *end = text + n;
    bool negative = n > 0 && *s == '-';
    s += n > 0 && (*s == '-' || *s == '+');
    uint64_t m = 0;
    unsigned digit;
    const char *whole = s;
    for (; s < end && (digit = (unsigned)(*s - '0')) <= 9; s++)
        m = 10 * m + digit;
    ptrdiff_t digits = s - whole, fraction = 0;
    if (s < end && *s == '.') {
        const char *point = s++;
        for (; s < end && (digit = (unsigned)(*s - '0')) <= 9; s++)
            m = 10 * m + digit;
        fraction = s - point - 1;
        digits += fraction;
    }
    int exponent = -(int)fraction;
    if (s + 1 < end && (*s | 0x20) == 'e') {
        bool minus = s[1] == '-';
        const char *e = s + 1 + (s[1] == '-' || s[1] == '+');
        if (e < end && end - e <= 3) {
            int value = 0;
            for (s = e; s < end && (digit = (unsigned)(*s - '0')) <= 9; s++)
                value = 10 * value + (int)digit;
            exponent += minus ? -value : value;
        }
    }
    if (s != end || digits < 1 || digits > 19 || !scale(m, exponent, out)) {
        if (leat_parse_f64_n(text, n, out))
            return true;
        *out = negative ? -INFINITY : INFINITY;
        return is_decimal(text, end);
    }
    *out = negative ? -*out : *out;
    return true;
}
