"""Commands, and the figures of the papers: what each draws and claims."""
