/* Constants of curate.text.forms. */

#define FORMS_DROP 1114112
#define FORMS_SIZE 1114112
#define FORMS_LONGEST 3
/* LONG + n: the code points of row n of `long`. */
#define FORMS_LONG 2228224
/* `.` or `,`: a break, or part of a number (curate.text.numerals). */
#define FORMS_POINT 1114114
#define FORMS_BREAK 1114113
/* Becomes something that the kernels leave to Python. */
#define FORMS_SLOW 1114115
