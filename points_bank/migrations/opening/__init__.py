"""Tables of revision 0001, by noun. Like the revision itself they are written once and stay as they are."""
