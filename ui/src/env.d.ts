/** False in what the app ships: the demo platform and its fixtures are then left out of the bundle. */
declare const __DEMO__: boolean;
