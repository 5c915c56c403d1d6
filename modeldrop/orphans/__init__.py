"""Resources that no version needs: the inventory, the search, and the removal."""
