# changed.sh - to be sourced: changed_lines A B FILE... prints how many lines
# are added or removed between two folders, all files together.
changed_lines() {
    a=$1
    b=$2
    shift 2
    for file; do
        diff -NU0 "$a/$file" "$b/$file"
    done | grep -c '^[+-]\([^+-]\|$\)'
}
