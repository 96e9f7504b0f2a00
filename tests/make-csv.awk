# A made-up table for tests and measurements, the same for the same arguments:
#     awk -v rows=1000000 -v numbers=10 -v categories=3 -v gaps=100 -v quotes=0 -f tests/make-csv.awk
# numbers: columns x0, x1, ... ; categories: columns c0, c1, ... with a few words each; the target y is a linear function of
# the numbers and of c0, with some noise. Every gaps-th field is missing (0: none); every quotes-th row is quoted (0: none).
function draw() { # Park and Miller's generator: exact in awk's doubles
    state = state * 16807 % 2147483647
    return state / 2147483647
}
BEGIN {
    if (rows == "") rows = 1000
    if (numbers == "") numbers = 10
    state = 42
    for (i = 0; i < numbers; i++)
        printf "x%d,", i
    for (i = 0; i < categories; i++)
        printf "c%d,", i
    print "y"
    n = split("red green blue 北京 上海", words, " ")
    words[++n] = "\"a, b\""
    for (row = 1; row <= rows; row++) {
        quote = quotes > 0 && row % quotes == 0 ? "\"" : ""
        y = 3
        for (i = 0; i < numbers; i++) {
            x = int((draw() * 20 - 10) * 10000) / 10000
            y += x * (i % 5 - 2)
            field++
            printf "%s,", (gaps > 0 && field % gaps == 0 ? "" : quote x quote)
        }
        for (i = 0; i < categories; i++) {
            k = 1 + int(draw() * n)
            if (i == 0)
                y += k
            printf "%s,", words[k]
        }
        printf "%.6g\n", y + draw() - 0.5
    }
}
