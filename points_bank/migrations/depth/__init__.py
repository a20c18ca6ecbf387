"""Tables of revision 0002, by noun. Like the revision itself they are written once and stay as they are."""
