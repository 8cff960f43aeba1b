/* The loops of curate.native.wide. */

EXPORT void wide_forbid(bool forbidden) {
#ifdef __x86_64__
    __atomic_store_n(&wide_known, forbidden ? WIDE_NO : WIDE_UNKNOWN, __ATOMIC_RELAXED);
#else
    (void)forbidden;
#endif
}
