/* The loops of curate.metrics.declare. */

/* Divide; NaN where `whole` is not above 0, or `part` is below 0. Whether it is so nowhere. */
ALWAYS_INLINE bool shares_divide_all(int32s part, int32s whole, doubles shares) {
    int32_t unknown = 0;
    for (int64_t row = 0; row < shares.size; row++) { /* no branch: processors do many at once */
        int32_t is_known = (int32_t)(AT(part, row) >= 0) & (int32_t)(AT(whole, row) > 0);
        double share = (double)AT(part, row) / (double)AT(whole, row);
        AT(shares, row) = is_known ? share : NAN;
        unknown |= !is_known;
    }
    return !unknown;
}

WIDE static bool shares_divide_wide(int32s part, int32s whole, doubles shares) {
    return shares_divide_all(part, whole, shares);
}

EXPORT bool shares_divide(int32s part, int32s whole, doubles shares) {
    return is_wide() ? shares_divide_wide(part, whole, shares)
                     : shares_divide_all(part, whole, shares);
}
