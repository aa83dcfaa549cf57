// The source that every build of the precompiled header has; the fuzz targets need neither Asio nor Beast.
