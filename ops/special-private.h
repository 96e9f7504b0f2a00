/* special-private.h - special functions that more than one file needs. */
#ifndef LEAT_SPECIAL_PRIVATE_H
#define LEAT_SPECIAL_PRIVATE_H

double leat_digamma_at(double x);            /* the derivative of log(gamma(x)) */
double leat_igamma_by_a(double a, double x); /* the derivative of Igamma by a */

#endif
