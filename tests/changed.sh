# changed.sh - to be sourced: changed_lines A B FILE... prints the number of
# lines that are added or removed from folder A to folder B, in all files.
changed_lines() {
    a=$1
    b=$2
    shift 2
    for file; do
        diff -NU0 "$a/$file" "$b/$file"
    done | grep -c '^[+-]\([^+-]\|$\)'
}
