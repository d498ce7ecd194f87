FROM python:3.11-slim

# MALLOC_ARENA_MAX: glibc keeps a heap for each of many threads; two are enough for threads that mostly wait.
ENV HOST=0.0.0.0 \
    PORT=5000 \
    MALLOC_ARENA_MAX=2 \
    PYTHONUNBUFFERED=1

WORKDIR /app

COPY requirements.txt ./
RUN pip install --no-cache-dir --disable-pip-version-check --require-hashes --requirement requirements.txt

COPY . .
RUN useradd --system --uid 10001 --no-create-home assistant \
    && install --directory --owner=assistant --mode=0700 data \
    && python -m compileall -q .

USER 10001
EXPOSE 5000

# Calls and contacts are kept in /app/data: mount a volume there. (No VOLUME line: Railway refuses it.)

HEALTHCHECK --interval=30s --timeout=5s --start-period=60s \
    CMD ["python", "-c", "import os, urllib.request as r; r.urlopen('http://127.0.0.1:' + os.environ['PORT'] + '/health', timeout=4)"]

# Prepares the database, then keeps the web server and the worker up; ends with TERM.
CMD ["python", "-m", "launch"]
