// Search and filters of the page of `probegen audit --format=html`. Without it the page shows all, and nothing is missing. Filters of
// one list are joined by "or", lists and words by "and". What is chosen stands in the address, so that it can be sent to someone:
// #P003&not-seen&q=words&open=provider:probe

'use strict';

(() => {
    const rows = [...document.querySelectorAll('.row')].map((element) => ({
        element,
        name: element.dataset.name,     // of a probe; undefined for findings about inputs and whole providers
        tags: new Set(element.dataset.tags.split(' ')),
        text: null,                     // lower case, made by the first search
    }));
    const isProbe = (row) => row.name !== undefined;
    const groups = [...document.querySelectorAll('.group')].map((element) => ({
        element,
        shown: element.querySelector('.shown'),
        whole: element.querySelector('.shown').textContent,
        rows: rows.filter((row) => element.contains(row.element)),
    })).map((group) => ({...group, counted: group.rows.some(isProbe) ? group.rows.filter(isProbe) : group.rows}));
    const lists = [...document.querySelectorAll('#controls fieldset')].map((element) => [...element.querySelectorAll('button')]);
    const buttons = lists.flat();
    const search = document.getElementById('search');
    const clear = document.getElementById('clear');
    const status = document.getElementById('status');
    const numProbes = rows.filter(isProbe).length;

    // ---- what matches ----

    const isPressed = (button) => button.getAttribute('aria-pressed') === 'true';
    const press = (button, on) => button.setAttribute('aria-pressed', on ? 'true' : 'false');

    function hasWords(row, words) {
        if (words.length !== 0 && row.text === null) {
            row.text = `${row.name || ''} ${row.element.textContent}`.toLowerCase();
        }
        return words.every((word) => row.text.includes(word));
    }

    // The tags that are chosen, a list for each list of filters.
    function chosenTags() {
        return lists.map((list) => list.filter(isPressed).map((button) => button.dataset.tag));
    }

    const hasTags = (row, tags) => tags.length === 0 || tags.some((tag) => row.tags.has(tag));

    // The count at a filter is that of the rows that choosing it would show.
    function countFilters(found, chosen) {
        lists.forEach((list, i) => {
            const others = found.filter((row) => chosen.every((tags, j) => i === j || hasTags(row, tags)));
            list.forEach((button) => {
                const count = others.filter((row) => row.tags.has(button.dataset.tag)).length;
                button.querySelector('.num').textContent = count;
            });
        });
    }

    function tell(shown) {
        const probes = shown.filter(isProbe).length;
        const others = shown.length - probes;
        const all = shown.length === rows.length;
        const text = all ? `${numProbes} probes` : `${probes} of ${numProbes} probes`;
        status.textContent = !all && others !== 0 ? `${text}, ${others} about inputs and providers` : text;
    }

    function update() {
        const words = search.value.toLowerCase().split(/\s+/).filter((word) => word !== '');
        const chosen = chosenTags();
        const found = rows.filter((row) => hasWords(row, words));
        const shown = new Set(found.filter((row) => chosen.every((tags) => hasTags(row, tags))));

        rows.forEach((row) => { row.element.hidden = !shown.has(row); });
        groups.forEach((group) => {
            const count = group.counted.filter((row) => shown.has(row)).length;
            group.element.hidden = !group.rows.some((row) => shown.has(row)) && group.rows.length !== 0;
            group.shown.textContent = count === group.counted.length ? group.whole : `${count} of ${group.whole}`;
        });
        countFilters(found, chosen);
        tell([...shown]);
        document.getElementById('nothing').hidden = shown.size !== 0 || rows.length === 0;
        clear.hidden = words.length === 0 && !buttons.some(isPressed);
    }

    // ---- the address ----

    let opened = '';    // name of the probe that was opened last

    function writeAddress() {
        const parts = buttons.filter(isPressed).map((button) => button.dataset.tag);
        if (search.value.trim() !== '') {
            parts.push(`q=${encodeURIComponent(search.value.trim())}`);
        }
        if (opened !== '') {
            parts.push(`open=${encodeURIComponent(opened)}`);
        }
        history.replaceState(null, '', parts.length !== 0 ? `#${parts.join('&')}` : location.pathname + location.search);
    }

    function decode(text) {
        try {
            return decodeURIComponent(text);
        } catch (error) {
            return '';    // someone cut it short
        }
    }

    function readAddress() {
        const hash = location.hash.slice(1);
        if (hash !== '' && document.getElementById(decode(hash)) !== null) {
            return;    // a place in the page
        }
        const parts = hash.split('&');
        const valueOf = (key) => decode((parts.find((part) => part.startsWith(`${key}=`)) || '').slice(key.length + 1));
        buttons.forEach((button) => press(button, parts.includes(button.dataset.tag)));
        search.value = valueOf('q');
        update();
        const row = rows.find((candidate) => candidate.name !== undefined && candidate.name === valueOf('open'));
        if (row !== undefined) {
            opened = row.name;
            row.element.open = true;
            row.element.scrollIntoView();
        } else if (hash !== '') {
            document.getElementById('probes').scrollIntoView();
        }
    }

    // ---- what people do ----

    function change() {
        update();
        writeAddress();
    }

    function clearAll() {
        search.value = '';
        buttons.forEach((button) => press(button, false));
        change();
    }

    search.addEventListener('input', change);
    clear.addEventListener('click', () => {
        clearAll();
        search.focus();
    });
    buttons.forEach((button) => button.addEventListener('click', () => {
        press(button, !isPressed(button));
        change();
    }));
    rows.filter(isProbe).forEach((row) => row.element.addEventListener('toggle', () => {
        if (row.element.open) {
            opened = row.name;
        } else if (opened === row.name) {
            opened = '';
        } else {
            return;
        }
        writeAddress();
    }));
    addEventListener('hashchange', readAddress);
    addEventListener('keydown', (event) => {
        if (event.ctrlKey || event.metaKey || event.altKey) {
            return;
        }
        if (event.key === '/' && document.activeElement !== search) {
            event.preventDefault();
            search.focus();
            search.select();
        } else if (event.key === 'Escape' && !clear.hidden) {
            clearAll();
        }
    });

    // Browsers that cannot open what is closed by style have it opened for printing.
    let openedForPrint = [];
    addEventListener('beforeprint', () => {
        openedForPrint = CSS.supports('selector(::details-content)') ? [] : rows.filter((row) => row.element.open === false);
        openedForPrint.forEach((row) => { row.element.open = true; });
    });
    addEventListener('afterprint', () => {
        openedForPrint.forEach((row) => { row.element.open = false; });
        openedForPrint = [];
    });

    if (matchMedia('(max-width: 44rem)').matches) {
        document.querySelector('.filters').open = false;
    }
    document.getElementById('controls').hidden = false;
    readAddress();
    update();
})();
