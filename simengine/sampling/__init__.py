"""Points in the unit cube, one named stream per driver: counter-based streams, designs, dependence."""
